// The review page: joins server, grid, loupe and keys, and carries out what a person asks for.
import { Desk } from './desk.js';
import { $, copy, el } from './dom.js';
import { Grid } from './grid.js';
import { options, showHead } from './head.js';
import { commandOf, drawKeys } from './keys.js';
import { SHOWS, counted, findTake, findTask, idOf, nameOf, notesOf, shotOf, standing, tasksAt, undecided } from './model.js';
import { NoteSheet } from './note.js';
import { Notices } from './notices.js';
import { watchThumbs } from './thumbs.js';
import { Viewer } from './viewer.js';

watchThumbs($('#grid'));
const desk = new Desk();
const tools = $('#tools'), keys = $('#keys'), room = $('#room');
const notices = new Notices($('#notices'), () => (viewer.open ? viewer.stage.focus({ preventScroll: true }) : stand(here.address, here.id, { scroll: false })));
const here = { address: '', id: '' }; // the take the person stands on, in the grid and in the loupe
let auto = false;
let begun = false; // nothing is drawn before the stage is chosen: a grid of a thousand takes is drawn once

const grid = new Grid($('#grid'), desk, {
  stand: (address, id) => stand(address, id, { scroll: false }),
  look: (address, id) => { stand(address, id, { focus: false }); look(); },
  mark: (verb) => mark(verb, false),
  filterOff: clearFilter,
});
const viewer = new Viewer($('#viewer'), desk, {
  stand: (address, id) => { Object.assign(here, { address, id }); },
  command: (name) => run(name, false),
  neighbour: (by) => neighbour(by),
});
const noteSheet = new NoteSheet($('#note'), viewer);

// ---- where the person stands ---------------------------------------------------------------------------------------

const shotHere = () => desk.shots.get(shotOf(here.address || ''));
const taskHere = () => findTask(shotHere(), here.address);
const takeHere = () => findTake(taskHere(), here.id);

function stand(address, id, how) {
  if (!address) return false;
  Object.assign(here, { address, id });
  return grid.stand(address, id, how);
}

/** The shots that are shown, in order, each with its takes at the stage of the grid. */
const rows = () => grid.rows();

function neighbour(by) {
  const list = rows().map((row) => row.shot);
  const order = list.includes(shotOf(here.address)) ? list : [...desk.shots.keys()];
  return order[order.indexOf(shotOf(here.address)) + by];
}

/** Stand on the first take of a shot that is worth a look: the pick, or where there is none the same column. */
function toShot(address, column = 0) {
  const row = rows().find((one) => one.shot === address);
  if (!row) return false;
  const shot = desk.shots.get(address);
  const stage = viewer.open && viewer.task ? viewer.task.stage : grid.stage;
  const tasks = tasksAt(shot, stage).filter((task) => task.takes.length);
  const task = tasks.find((one) => one.takes.some((take) => take.mark === 'pick')) || tasks[0];
  const target = viewer.open && task ? { address: task.address, id: idOf(standing(task)) } : row.takes[Math.min(column, row.takes.length - 1)];
  return to(target);
}

function to(target) {
  if (!target) return false;
  if (viewer.open) viewer.go(target);
  stand(target.address, target.id, { focus: !viewer.open });
  return true;
}

function moveShot(by) {
  const all = rows(), at = all.findIndex((row) => row.shot === shotOf(here.address));
  if (at < 0) return all[0] ? toShot(all[0].shot) : false;
  const column = all[at].takes.findIndex((take) => take.address === here.address && take.id === here.id);
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  return next === all[at] ? false : toShot(next.shot, Math.max(0, column));
}

function moveTake(by) {
  if (viewer.open) return viewer.step(by);
  const all = rows().flatMap((row) => row.takes);
  const at = all.findIndex((take) => take.address === here.address && take.id === here.id);
  return to(at < 0 ? all[0] : all[at + by]);
}

function moveStage(by) {
  if (viewer.open) return viewer.stepStage(by);
  const stages = ['', ...desk.head.stages];
  const next = stages[Math.min(stages.length - 1, Math.max(0, stages.indexOf(grid.stage) + by))];
  return next === grid.stage ? false : setStage(next);
}

/** On after a mark: to the next shot that is not decided once one is picked, else to the next take. */
function advance(verb) {
  const shot = shotOf(here.address), stage = viewer.open ? viewer.task.stage : grid.stage;
  const list = rows().map((row) => row.shot);
  const rest = list.slice(list.indexOf(shot) + 1);
  const onward = () => {
    const next = rest.find((address) => undecided(desk.shots.get(address), stage)) || rest[0];
    return next ? toShot(next) : notices.say('This was the last shot.');
  };
  if (verb === 'pick' || verb === 'hero') {
    const open = rows().find((row) => row.shot === shot);
    const still = undecided(desk.shots.get(shot), stage) && open && open.takes.find((take) => openTake(take, stage));
    return still ? to(still) : onward();
  }
  const row = rows().find((one) => one.shot === shot);
  const at = row ? row.takes.findIndex((take) => take.address === here.address && take.id === here.id) : -1;
  const next = row && row.takes.slice(at + 1).find((one) => !viewer.open || findTask(desk.shots.get(shot), one.address).stage === stage);
  return next ? to(next) : onward();
}

/** Whether a take belongs to a choice of its shot that is still open (a shot may have several variants). */
function openTake(one, stage) {
  const shot = desk.shots.get(shotOf(one.address)), task = findTask(shot, one.address);
  return (!stage || task.stage === stage) && task.chooser === 'human'
    && !shot.tasks.filter((other) => other.group === task.group).some((other) => other.takes.some((take) => take.mark === 'pick'));
}

// ---- decisions -----------------------------------------------------------------------------------------------------

const about = (task, take) => ({ address: task.address, key: take.key, number: take.number });

function mark(verb, advancing) {
  const task = taskHere(), take = takeHere();
  if (!take) return notices.say('Stand on a take first.');
  const stars = /^stars([0-5])$/.exec(verb);
  const change = { verb: stars ? 'stars' : verb, ...about(task, take) };
  if (stars) change.stars = Number(stars[1]);
  desk.choose([change]);
  if (advancing || auto) advance(stars ? 'stars' : verb);
  return true;
}

function askMore() {
  const task = taskHere();
  if (!task) return notices.say('Stand on a shot first.');
  desk.choose([{ verb: 'more', address: task.address, count: 1 }]);
  return true;
}

function redo(advancing) {
  const task = taskHere();
  if (!task) return notices.say('Stand on a shot first.');
  const count = Math.max(1, task.wanted);
  desk.choose([{ verb: 'redo', address: task.address }]);
  notices.say(`All takes of ${task.address} rejected, ${count} more asked for. Ctrl-Z takes it back.`);
  if (advancing || auto) advance('pick');
  return true;
}

async function note() {
  const task = taskHere(), take = takeHere();
  if (!take) return notices.say('Stand on a take first.');
  const mine = notesOf(take).filter((one) => one.mine).pop();
  const said = await noteSheet.ask(nameOf(task, take), mine, () => { if (!viewer.open) look(); });
  if (said) desk.choose([{ verb: 'note', ...about(task, take), ...said, ...(mine ? { old_pin: mine.pin } : {}) }]);
  if (viewer.open) viewer.stage.focus({ preventScroll: true });
  else stand(here.address, here.id, {});
  return true;
}

// ---- views ---------------------------------------------------------------------------------------------------------

function look(mode = 'loupe') {
  if (!takeHere()) { const first = rows()[0]; if (!first || !to(first.takes[0])) return false; }
  room.inert = true;
  viewer.look(here.address, here.id, mode);
  return true;
}

function toGrid() {
  if (!viewer.open) return false;
  const stage = viewer.task ? viewer.task.stage : grid.stage;
  viewer.close();
  room.inert = false;
  if (grid.stage && stage !== grid.stage) setStage(stage);
  if (!stand(here.address, here.id)) grid.root.focus();
  return true;
}

function view(mode) {
  if (!viewer.open) return look(mode);
  viewer.setMode(viewer.mode === mode && mode !== 'loupe' ? 'loupe' : mode);
  return true;
}

function setStage(stage) {
  grid.stage = stage;
  const shot = shotOf(here.address);
  drawTools();
  grid.draw();
  const row = rows().find((one) => one.shot === shot);
  if (row) {
    const tasks = tasksAt(desk.shots.get(shot), stage).filter((task) => task.takes.length);
    to(row.takes.find((take) => take.id === here.id) || { address: tasks[0].address, id: idOf(standing(tasks[0])) });
  }
  drawHead();
  return true;
}

function showKeys() {
  keys.showModal();
  keys.scrollTop = 0; // the button that gets the focus stands at the end
  return true;
}

const COMMANDS = {
  grid: toGrid, back: () => (viewer.open ? toGrid() : escapeGrid()), loupe: () => (viewer.open && viewer.mode === 'loupe' ? toGrid() : view('loupe')),
  compare: () => (viewer.open && viewer.mode === 'two' ? view('four') : view('two')), two: () => view('two'), four: () => view('four'), wipe: () => view('wipe'),
  flip: () => viewer.open && (viewer.flip(1), true), 'flip-back': () => viewer.open && (viewer.flip(-1), true),
  pixels: () => viewer.open && (viewer.pixels(), true), 'zoom-in': () => zoom(1.25), 'zoom-out': () => zoom(0.8),
  left: () => moveTake(-1), right: () => moveTake(1), up: () => moveShot(-1), down: () => moveShot(1),
  'page-up': () => page(-1), 'page-down': () => page(1), first: () => moveShot(-1e6), last: () => moveShot(1e6),
  'stage-down': () => moveStage(-1), 'stage-up': () => moveStage(1), note, more: askMore,
  undo: () => { desk.undo(); return true; }, help: showKeys,
  find: () => { toGrid(); openTools(true); tools.elements.text.focus(); tools.elements.text.select(); return true; },
  auto: () => { setAuto(!auto); notices.say(`Auto-advance is ${auto ? 'on' : 'off'}.`); return true; },
  info: () => { viewer.root.classList.toggle('bare'); viewer.place(); return true; },
  before: () => step(-1), after: () => step(1),
};

function step(by) {
  if (!viewer.open) return false;
  if (viewer.mode === 'wipe') viewer.moveWipe(by * 0.04);
  else viewer.stepPanel(by);
  return true;
}

/** A page of shots in the grid; in the loupe, of the words beside the picture. */
function page(by) {
  if (!viewer.open) return moveShot(by * 5);
  viewer.info.scrollBy(0, by * viewer.info.clientHeight * 0.8);
  return true;
}

function zoom(factor) {
  if (viewer.open) viewer.zoomBy(factor);
  else { tools.elements.size.value = Number(tools.elements.size.value) * factor; resize(); }
  return true;
}

function escapeGrid() {
  if (Object.values(filterOf()).some(Boolean)) clearFilter();
  return true;
}

/** Carry out a command by its name. Gives false for one that means nothing here. */
function run(name, advancing) {
  if (['pick', 'hero', 'reject', 'clear'].includes(name) || name.startsWith('stars')) return mark(name, advancing);
  if (name === 'redo') return redo(advancing);
  return COMMANDS[name] ? COMMANDS[name]() : false;
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || $('dialog[open]')) return;
  const typing = event.target.closest('input:not([type=range]):not([type=checkbox]), textarea, select');
  if (typing) {
    if (event.key === 'Escape' || (event.key === 'Enter' && typing.type === 'search')) {
      if (event.key === 'Escape' && typing.type === 'search') { typing.value = ''; filterChanged(); }
      if (!stand(here.address, here.id)) moveTake(1);
      event.preventDefault();
    }
    return;
  }
  const command = commandOf(event);
  if (!command) return;
  const control = event.target.closest('button:not(.frame), input, summary, a');
  if (control && ['Enter', ' ', 'Tab'].includes(event.key)) return; // a control is pressed, or left
  if (control && control.type === 'range' && event.key.startsWith('Arrow')) return;
  if (command.name === 'flip' || command.name === 'flip-back') { if (!viewer.open) return; }
  if (run(command.name, command.advance) !== false) event.preventDefault();
});

// ---- the head and the filters --------------------------------------------------------------------------------------

const drawHead = () => showHead(desk, grid.stage);

function drawTools() {
  const { head } = desk, shots = [...desk.shots.values()];
  $('#stages').replaceChildren(...['', ...head.stages].map((stage) => el('button', {
    type: 'button', 'aria-pressed': String(stage === grid.stage), onclick: () => { setStage(stage); },
  }, stage || 'All')));
  options(tools, 'show', Object.entries(SHOWS).map(([value, [words]]) => [value, words]));
  options(tools, 'scene', [['', 'All scenes'], ...head.scenes.map((scene) => [scene.id, `${scene.id} ${scene.heading}`.trim()])]);
  const cast = [...new Set(shots.flatMap((shot) => shot.cast))];
  options(tools, 'cast', [['', 'All cast'], ...cast.map((id) => [id, head.cast[id] ? head.cast[id].name : id])]);
  options(tools, 'tag', [['', 'All tags'], ...[...new Set(shots.flatMap((shot) => shot.tags))].sort().map((tag) => [tag, tag])]);
}

const filterOf = () => Object.fromEntries(['text', 'show', 'scene', 'cast', 'tag'].map((name) => [name, tools.elements[name].value.trim()]));

function filterChanged() {
  grid.filter = filterOf();
  grid.draw();
  grid.stand(here.address, here.id, { focus: false, scroll: false });
  drawFound();
  for (const name of ['text', 'show', 'scene', 'cast', 'tag']) tools.elements[name].classList.toggle('on', Boolean(grid.filter[name]));
  $('#clear').hidden = !Object.values(grid.filter).some(Boolean);
}

function drawFound() {
  const all = desk.shots.size;
  $('#found').textContent = grid.count === all ? counted(all, 'shot') : `${grid.count} of ${counted(all, 'shot')}`;
}

function clearFilter() {
  for (const name of ['text', 'show', 'scene', 'cast', 'tag']) tools.elements[name].value = '';
  filterChanged();
  stand(here.address, here.id);
}

function resize() { document.documentElement.style.setProperty('--frame', `${tools.elements.size.value}px`); }

function setAuto(on) {
  auto = on;
  tools.elements.auto.checked = on;
}

function openTools(open) {
  tools.classList.toggle('open', open);
  $('#more-tools').setAttribute('aria-expanded', String(open));
}

tools.addEventListener('submit', (event) => event.preventDefault());
tools.addEventListener('input', (event) => {
  if (event.target.name === 'size') resize();
  else if (event.target.name === 'auto') setAuto(event.target.checked);
  else filterChanged();
});
$('#clear').addEventListener('click', clearFilter);
$('#more-tools').addEventListener('click', () => openTools(!tools.classList.contains('open')));
$('#undo').addEventListener('click', () => desk.undo());
$('#help').addEventListener('click', showKeys);
drawKeys(keys);

// ---- what the server tells -----------------------------------------------------------------------------------------

desk.on((kind, detail) => {
  if (kind === 'head') drawHead();
  if (kind === 'shots') showMoved(detail);
  if (kind === 'lost') {
    if (!detail) notices.settle('lost');
    else notices.stand('lost', detail === 'gone' ? 'The review was stopped, or cannot be reached. What you decided before is saved. Start `shotpilot review` again and open the address it prints.' : detail);
    document.body.classList.toggle('cut-off', Boolean(detail));
  }
  if (kind === 'pending') document.body.dataset.pending = detail;
  if (kind === 'unsaved') showUnsaved();
  if (kind === 'undone') notices.say(detail.why || `Taken back: ${detail.what}`);
});

function showMoved({ moved, rows: anew }) {
  if (!begun) {
    begin();
    return;
  }
  if (anew) {
    drawTools();
    const focused = grid.root.contains(document.activeElement);
    grid.draw();
    if (here.address) grid.stand(here.address, here.id, { focus: focused && !viewer.open, scroll: false });
  } else grid.update(moved);
  drawFound();
  drawHead();
  if (!viewer.refresh(anew ? null : moved)) {
    notices.say('The shot you looked at is not in the list any more.');
    toGrid();
  }
}

function showUnsaved() {
  const count = desk.unsaved.length;
  if (!count) return notices.settle('unsaved');
  const { why, status, changes } = desk.unsaved[count - 1];
  const text = status === 412 ? `${changes[0].address}: somebody else decided here while you did. It is shown as it is now; your own decision was not saved.`
    : `${counted(count, 'decision')} not saved: ${why}`;
  const acts = [[status === 412 ? 'Decide so anyway' : 'Try again', () => desk.tryAgain()]];
  if (status !== 412) acts.push(['Copy as commands', async () => { await copy(desk.commands()); notices.say('Copied. They can be typed in a terminal.'); }]);
  acts.push([status === 412 ? 'Leave it' : 'Give up', () => desk.drop()]);
  return notices.stand('unsaved', text, acts);
}

// ---- begin ---------------------------------------------------------------------------------------------------------

history.replaceState(null, '', location.pathname); // the key to the page stands in a cookie now, not in the address
if (matchMedia('(max-width: 45rem)').matches) tools.elements.size.value = 72;
resize();
desk.look();

/** At the first stage that has something to decide, on the first shot that is not decided. */
function begin() {
  const shots = [...desk.shots.values()], stages = desk.head.stages;
  const open = stages.find((stage) => shots.some((shot) => undecided(shot, stage)));
  const reached = open || [...stages].reverse().find((stage) => shots.some((shot) => tasksAt(shot, stage).some((task) => task.takes.length)));
  begun = true;
  setStage(reached && stages.length > 1 ? reached : '');
  drawFound();
  const start = rows().find((row) => undecided(desk.shots.get(row.shot), grid.stage)) || rows()[0];
  if (start) to(start.takes[0]);
  document.body.classList.add('ready');
}
