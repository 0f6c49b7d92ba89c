(() => {
  'use strict';
  const $ = (query, root = document) => root.querySelector(query);
  const $$ = (query, root = document) => [...root.querySelectorAll(query)];
  const tools = $('.tools'), loupe = $('#loupe'), keys = $('#keys'), well = $('.well'), big = $('img', well);
  const fields = ['text', 'scene', 'stage', 'cast', 'tag', 'state'].map((name) => tools.elements[name]).filter(Boolean);
  const shots = $$('.shot');
  const inOrder = (shot) => $$('.frame', shot).sort((a, b) => a.dataset.n - b.dataset.n);
  const words = new Map(); // the text of a shot, read when somebody first looks for a word
  let here = null; // the frame the keyboard stands on
  let looked = null; // the frame last seen in the loupe: where the page goes on when it is closed
  let fullsMissing = false; // the page was mailed without its pictures

  // ---- filters -------------------------------------------------------------------------------------------------
  const wanted = (name) => (tools.elements[name] ? tools.elements[name].value.trim() : '');
  const has = (list, one) => !one || (list || '').split(' ').includes(one);
  const textOf = (shot) => {
    if (!words.has(shot)) words.set(shot, `${shot.getAttribute('aria-label')} ${shot.textContent}`.toLowerCase());
    return words.get(shot);
  };

  function matches(shot) {
    const stage = wanted('stage');
    const asked = wanted('text').toLowerCase().split(/\s+/).filter(Boolean);
    return has(shot.dataset.cast, wanted('cast')) && has(shot.dataset.tags, wanted('tag'))
      && has(shot.dataset.states, wanted('state')) && has(shot.dataset.scene, wanted('scene'))
      && (!stage || $$('.stage', shot).some((one) => one.dataset.stage === stage))
      && asked.every((word) => textOf(shot).includes(word));
  }

  function filter() {
    const stage = wanted('stage');
    let found = 0;
    for (const shot of shots) {
      shot.hidden = !matches(shot);
      found += shot.hidden ? 0 : 1;
      for (const part of $$('.stage, .take', shot)) part.hidden = Boolean(stage) && part.dataset.stage !== stage;
    }
    for (const scene of $$('.scene')) scene.hidden = !$('.shot:not([hidden])', scene);
    for (const field of fields) field.classList.toggle('on', Boolean(field.value));
    $('.more').classList.toggle('on', fields.some((field) => field.name !== 'text' && field.value));
    $('.nothing').hidden = found > 0;
    $('.found').classList.toggle('some', found !== shots.length);
    $('.found').textContent = found === shots.length ? `${found} shots` : `${found} of ${shots.length} shots`;
  }

  function clear() {
    for (const field of fields) field.value = '';
    filter();
  }

  // ---- view and size -------------------------------------------------------------------------------------------
  function show(view) {
    document.body.dataset.view = view;
    for (const button of $$('[data-show]')) button.setAttribute('aria-pressed', String(button.dataset.show === view));
  }

  function resize(step) {
    const slider = tools.elements.size;
    slider.value = Number(slider.value) + step;
    document.documentElement.style.setProperty('--unit', `${slider.value}px`);
  }

  // ---- moving about --------------------------------------------------------------------------------------------
  const seen = (frame) => !frame.closest('[hidden]') && (document.body.dataset.view !== 'board' || frame.closest('.heroes'));
  const shownIn = (shot) => (shot.hidden ? [] : inOrder(shot).filter(seen));
  const shown = () => shots.flatMap(shownIn);

  function stand(frame) {
    if (!frame) return;
    here = frame;
    if (loupe.open) fill();
    else {
      frame.focus({ preventScroll: true });
      frame.scrollIntoView({ block: 'nearest' });
    }
  }

  function step(by) {
    const all = shown();
    const at = all.indexOf(here);
    stand(at < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  function stepShot(by) {
    const rows = shots.map(shownIn).filter((row) => row.length);
    const at = rows.findIndex((row) => row.includes(here));
    if (at < 0) return stand(rows[0] && rows[0][0]);
    const row = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (row === rows[at]) return;
    const level = row.filter((frame) => frame.dataset.stage === here.dataset.stage);
    stand(level.find((frame) => 'picked' in frame.dataset) || level[0] || row[0]);
  }

  function stepStage(by) {
    const row = here ? shownIn(here.closest('.shot')) : [];
    if (!row.length) return stand(shown()[0]);
    const stages = [...new Set(row.map((frame) => frame.dataset.stage))];
    const next = stages[stages.indexOf(here.dataset.stage) + by];
    const level = row.filter((frame) => frame.dataset.stage === next);
    stand(level.find((frame) => 'picked' in frame.dataset) || level[0]);
  }

  // ---- the loupe -----------------------------------------------------------------------------------------------
  const thumbOf = (frame) => ($('img', frame) || { src: '' }).src;
  const fullOf = (frame) => ('full' in frame.dataset && !fullsMissing ? frame.href : '');

  function look(frame) {
    here = frame;
    if (!loupe.open) loupe.showModal();
    fill();
    well.focus({ preventScroll: true });
  }

  function picture(frame) {
    big.src = thumbOf(frame);
    big.alt = ($('img', frame) || { alt: frame.textContent.trim() }).alt;
    const full = fullOf(frame);
    if (!full) return;
    const better = new Image();
    better.onload = () => { if (here === frame) { big.src = full; if (zoomed()) centre(); } };
    better.onerror = () => { fullsMissing = true; facts(frame); };
    better.src = full;
  }

  function facts(frame) {
    const smaller = fullOf(frame) ? '' : ' · the full picture is not beside this page';
    $('.bar .facts').textContent = frame.dataset.facts + smaller;
  }

  function fill() {
    const frame = here;
    looked = frame;
    picture(frame);
    facts(frame);
    $('.bar strong').textContent = frame.dataset.code;
    $('.bar .what').textContent = frame.dataset.line + ('picked' in frame.dataset ? ' · picked' : '');
    const prompt = frame.dataset.p && document.getElementById(frame.dataset.p);
    $('.bar .prompt').replaceChildren(...(prompt ? prompt.cloneNode(true).childNodes : []));
    const row = shownIn(frame.closest('.shot')).map((one) => {
      const button = document.createElement('button');
      const small = document.createElement('img');
      small.src = thumbOf(one);
      small.alt = ($('img', one) || { alt: '' }).alt;
      button.type = 'button';
      button.className = 'picked' in one.dataset ? 'picked' : '';
      if (one === frame) button.setAttribute('aria-current', 'true');
      button.append(small);
      button.addEventListener('click', () => stand(one));
      return button;
    });
    $('.bar .row').replaceChildren(...row);
    const current = $('.bar .row [aria-current]');
    if (current) current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    if (zoomed()) centre();
  }

  const zoomed = () => loupe.classList.contains('actual');
  function centre(x = 0.5, y = 0.5) {
    big.style.width = `${big.naturalWidth / window.devicePixelRatio}px`; // one pixel of the picture on one of the screen
    well.scrollTo((well.scrollWidth - well.clientWidth) * x, (well.scrollHeight - well.clientHeight) * y);
  }

  function zoom(x, y) {
    loupe.classList.toggle('actual');
    $('[data-zoom]').setAttribute('aria-pressed', String(zoomed()));
    big.style.width = '';
    if (zoomed()) centre(x, y);
  }

  let held = null; // where the picture was taken hold of, while it is dragged at 100 %
  well.addEventListener('pointerdown', (event) => {
    held = { x: event.clientX, y: event.clientY, left: well.scrollLeft, top: well.scrollTop, moved: false };
  });
  well.addEventListener('pointermove', (event) => {
    if (!held || !zoomed() || !event.buttons) return;
    held.moved = held.moved || Math.abs(event.clientX - held.x) + Math.abs(event.clientY - held.y) > 4;
    well.scrollTo(held.left - event.clientX + held.x, held.top - event.clientY + held.y);
  });
  well.addEventListener('click', (event) => {
    if (held && held.moved) return;
    const box = big.getBoundingClientRect();
    zoom((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
  big.draggable = false;
  loupe.addEventListener('close', () => { if (zoomed()) zoom(); stand(looked); });
  for (const button of $$('[data-go]', loupe)) button.addEventListener('click', () => step(Number(button.dataset.go)));
  $('[data-zoom]').addEventListener('click', () => zoom());
  $('[data-close]').addEventListener('click', () => loupe.close());

  // ---- keyboard and clicks -------------------------------------------------------------------------------------
  const commands = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => stepShot(-1), ArrowDown: () => stepShot(1),
    '[': () => stepStage(-1), ']': () => stepStage(1),
    Enter: () => (here && !loupe.open ? look(here) : false),
    z: () => (loupe.open ? zoom() : false),
    g: () => (loupe.open ? loupe.close() : show(document.body.dataset.view === 'board' ? 'takes' : 'board')),
    '-': () => resize(-20), '+': () => resize(20), '=': () => resize(20),
    '/': () => (loupe.open ? false : tools.elements.text.focus()),
    '?': () => (loupe.open ? false : keys.showModal()),
    Escape: () => (loupe.open ? false : clear()),
  };

  document.addEventListener('keydown', (event) => {
    if (keys.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest('input, select, textarea');
    if (typing) {
      if (event.key === 'Escape') { typing.value = typing.type === 'search' ? '' : typing.value; filter(); typing.blur(); }
      return;
    }
    if (event.key === 'Enter' && event.target.closest('button, summary, a:not(.frame)')) return;
    const command = commands[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (command && command() !== false) event.preventDefault();
  });

  document.addEventListener('focusin', (event) => {
    const frame = event.target.closest('.frame');
    if (frame) here = frame;
  });
  $('#sheet').addEventListener('click', (event) => {
    const frame = event.target.closest('.frame');
    if (!frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    look(frame);
  });

  tools.addEventListener('submit', (event) => event.preventDefault());
  tools.addEventListener('input', (event) => (event.target.name === 'size' ? resize(0) : filter()));
  for (const button of $$('[data-show]')) button.addEventListener('click', () => show(button.dataset.show));
  $('.more').addEventListener('click', (event) => {
    const open = $('.filters').classList.toggle('open');
    event.currentTarget.setAttribute('aria-expanded', String(open));
  });
  $('.tools .help').addEventListener('click', () => keys.showModal());
  $('.clear').addEventListener('click', clear);
  filter(); // a browser that comes back to the page may have kept the fields
})();
