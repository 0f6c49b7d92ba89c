(() => {
  'use strict';
  const $ = (query, root = document) => root.querySelector(query);
  const $$ = (query, root = document) => [...root.querySelectorAll(query)];
  const bar = $('.bar'), loupe = $('#loupe'), sent = $('#sent'), told = $('.told');
  const shots = $$('.shot'), takes = $$('.take');
  const shotOf = (take) => take.closest('.shot');
  const memory = `shotpilot-choices-${document.body.dataset.show}-${document.body.dataset.memory}`;
  const WORDS = { pick: 'chosen', alternate: 'maybe', reject: 'no' };
  let said = {}; // address#take -> {decision, stars, note}
  let saved = ''; // what was last saved, to tell whether something is new
  let large = null; // the picture in the loupe: {take, place}

  // ---- what was said ------------------------------------------------------------------------------------------
  const idOf = (take) => `${shotOf(take).dataset.address}#${take.dataset.take}`;
  const of = (take) => said[idOf(take)] || {};

  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(memory) || '{}');
      said = kept.said || {};
      bar.elements.by.value = kept.by || '';
    } catch { said = {}; } // a browser that keeps nothing for pages from disk: the page works all the same
  }

  function remember() {
    try { localStorage.setItem(memory, JSON.stringify({ said, by: bar.elements.by.value })); } catch { /* as above */ }
  }

  function say(take, change) {
    const now = { ...of(take), ...change };
    if (change.decision === 'pick') {
      for (const other of $$('.take', shotOf(take))) {
        if (other !== take && of(other).decision === 'pick') put(other, { ...of(other), decision: 'alternate' });
      }
    }
    put(take, now);
    remember();
    tell();
  }

  function put(take, now) {
    for (const name of ['decision', 'stars', 'note']) if (!now[name]) delete now[name];
    if (Object.keys(now).length) said[idOf(take)] = now; else delete said[idOf(take)];
    show(take);
  }

  const toggle = (take, decision) => say(take, { decision: of(take).decision === decision ? '' : decision });

  // ---- what is shown ------------------------------------------------------------------------------------------
  function show(take) {
    const now = of(take);
    take.dataset.decision = now.decision || '';
    press($$('[data-decision]', $('figcaption', take)), now.decision);
    for (const star of $$('[data-stars]', take)) star.setAttribute('aria-pressed', String(Number(star.dataset.stars) <= (now.stars || 0)));
    const note = $('textarea', take);
    if (document.activeElement !== note) note.value = now.note || '';
    $('[data-note]', take).classList.toggle('has', Boolean(now.note));
    const chosen = $$('.take', shotOf(take)).find((one) => of(one).decision === 'pick');
    $('.verdict', shotOf(take)).textContent = chosen ? `take ${chosen.dataset.take} chosen` : '';
    if (large && large.take === take) press($$('[data-decision]', loupe), now.decision);
  }

  function press(buttons, decision) {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.decision === decision));
  }

  const decided = (shot) => $$('.take', shot).some((take) => of(take).decision === 'pick');

  function tell() {
    const count = shots.filter(decided).length;
    const fresh = text() !== saved && Object.keys(said).length;
    $('.progress').textContent = `${count} of ${shots.length} decided${fresh ? ', not saved yet' : saved ? ', saved' : ''}`;
  }

  function only(open) {
    for (const button of $$('[data-only]')) button.setAttribute('aria-pressed', String((button.dataset.only === 'open') === open));
    for (const shot of shots) shot.hidden = open && decided(shot);
    for (const scene of $$('.scene')) scene.hidden = !$('.shot:not([hidden])', scene);
    const none = $('.nothing.decided');
    none.hidden = !open || shots.some((shot) => !shot.hidden) || !shots.length;
  }

  // ---- saving ---------------------------------------------------------------------------------------------------
  function rows() {
    return takes.filter((take) => said[idOf(take)]).map((take) => ({
      address: shotOf(take).dataset.address, take: Number(take.dataset.take), sha256: take.dataset.sha256, ...of(take),
    }));
  }

  const text = () => JSON.stringify(rows());

  function save() {
    const by = bar.elements.by.value.trim();
    $('.name').classList.toggle('missing', !by);
    if (!by) { told.textContent = 'Write your name first, so that they know whose choices these are.'; bar.elements.by.focus(); return; }
    if (!Object.keys(said).length) { told.textContent = 'Nothing is marked yet: choose a take of a shot first.'; return; }
    told.textContent = '';
    const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const file = { choices: 1, show: document.body.dataset.show, by, at, takes: rows() };
    const words = `${JSON.stringify(file, null, 1)}\n`;
    const name = `choices_${document.body.dataset.show}_${by.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'client'}_${at.slice(0, 10)}.json`;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([words], { type: 'application/json' }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    saved = text();
    remember();
    tell();
    $('.file', sent).textContent = name;
    $('.text', sent).value = words;
    sent.showModal();
  }

  // ---- moving ---------------------------------------------------------------------------------------------------
  const seen = () => takes.filter((take) => !shotOf(take).hidden);
  const here = () => document.activeElement.closest('.take');

  function step(by) {
    const all = seen(), at = all.indexOf(here());
    focus(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  function shotStep(by) {
    const all = shots.filter((shot) => !shot.hidden), take = here();
    const at = take ? all.indexOf(shotOf(take)) : -1;
    const shot = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (shot) focus($('.take', shot));
  }

  function focus(take) {
    if (!take) return;
    take.focus({ preventScroll: true });
    take.scrollIntoView({ block: 'nearest' });
  }

  // ---- large ----------------------------------------------------------------------------------------------------
  const frames = () => seen().flatMap((take) => $$('.frame', take).map((frame, place) => ({ take, frame, place })));

  function enlarge(take, place = 0) {
    const frame = $$('.frame', take)[place];
    if (!frame) return;
    large = { take, place };
    $('img', loupe).src = $('img', frame).src;
    $('img', loupe).alt = frame.getAttribute('aria-label').replace(/^See | large$/g, '');
    $('.line', loupe).textContent = `${$('.code', shotOf(take)).textContent}, take ${take.dataset.take}`;
    press($$('[data-decision]', loupe), of(take).decision);
    if (!loupe.open) loupe.showModal();
    $('.well', loupe).focus();
  }

  function turn(by) {
    const all = frames();
    const at = all.findIndex((one) => one.take === large.take && one.place === large.place) + by;
    if (all[at]) enlarge(all[at].take, all[at].place);
  }

  // ---- hands ----------------------------------------------------------------------------------------------------
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    const take = loupe.contains(button) ? large && large.take : button.closest('.take');
    if ('only' in button.dataset) only(button.dataset.only === 'open');
    else if (button.classList.contains('keys')) $('#keys').showModal();
    else if ('close' in button.dataset) loupe.close();
    else if ('go' in button.dataset) turn(Number(button.dataset.go));
    else if ('copy' in button.dataset) copy(button);
    else if (!take) return;
    else if ('large' in button.dataset) enlarge(take, $$('.frame', take).indexOf(button));
    else if ('decision' in button.dataset) toggle(take, button.dataset.decision);
    else if ('stars' in button.dataset) { const n = Number(button.dataset.stars); say(take, { stars: of(take).stars === n ? 0 : n }); }
    else if ('note' in button.dataset) note(take);
  });

  function note(take) {
    const label = $('.note', take), button = $('[data-note]', take);
    label.hidden = !label.hidden;
    button.setAttribute('aria-expanded', String(!label.hidden));
    if (!label.hidden) $('textarea', take).focus();
  }

  async function copy(button) {
    $('.text', sent).select();
    try { await navigator.clipboard.writeText($('.text', sent).value); } catch { document.execCommand('copy'); }
    button.textContent = 'Copied';
  }

  document.addEventListener('input', (event) => {
    const take = event.target.closest('.take');
    if (take) say(take, { note: event.target.value.trim() });
    else { $('.name').classList.remove('missing'); remember(); }
  });

  bar.addEventListener('submit', (event) => { event.preventDefault(); save(); });
  loupe.addEventListener('close', () => { if (large) focus(large.take); large = null; });

  const KEYS = {
    p: (take) => say(take, { decision: 'pick' }), a: (take) => say(take, { decision: 'alternate' }),
    x: (take) => say(take, { decision: 'reject' }), u: (take) => say(take, { decision: '', stars: 0 }),
    n: (take) => { if (!loupe.open) note(take); },
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches('input, textarea')) { if (event.key === 'Escape') { event.target.blur(); focus(event.target.closest('.take')); } return; }
    if (sent.open || $('#keys').open) return;
    const take = loupe.open ? large.take : here();
    const moved = { ArrowRight: () => (loupe.open ? turn(1) : step(1)), ArrowLeft: () => (loupe.open ? turn(-1) : step(-1)),
      ArrowDown: () => !loupe.open && shotStep(1), ArrowUp: () => !loupe.open && shotStep(-1), '?': () => $('#keys').showModal() }[event.key];
    if (moved) { event.preventDefault(); moved(); return; }
    if (!take) return;
    if (event.key === 'Enter' && event.target === take) { event.preventDefault(); enlarge(take); return; }
    if (/^[0-5]$/.test(event.key)) say(take, { stars: Number(event.key) });
    else if (KEYS[event.key.toLowerCase()]) {
      event.preventDefault();
      KEYS[event.key.toLowerCase()](take);
      if (event.shiftKey && !loupe.open) shotStep(1);
    }
  });

  recall();
  for (const take of takes) show(take);
  tell();
})();
