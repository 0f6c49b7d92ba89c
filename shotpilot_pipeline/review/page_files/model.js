// What the page knows of shots, tasks and takes, as pure functions. Touches no page and asks no server.

/** `scene/shot` of any address. */
export const shotOf = (address) => address.split('@')[0].split('.')[0];

/** A take's name as commands print it: `sc010/sh010@iterate#2`, with its version where that is not the current one. */
export const nameOf = (task, take) => `${task.address}#${take.current ? '' : `v${take.version}.`}${take.number}`;

/** What tells takes of one task apart: a number may come again in another version. */
export const idOf = (take) => `${take.key}.${take.number}`;

/** The notes on a take; most have none. */
export const notesOf = (take) => take.notes || [];

export const findTask = (shot, address) => shot && shot.tasks.find((task) => task.address === address);
export const findTake = (task, id) => task && task.takes.find((take) => idOf(take) === id);

/** The take that stands for a task: the pick, else the one a rule lets go on, else the first that is not out. */
export function standing(task) {
  const takes = task ? task.takes : [];
  return takes.find((take) => take.mark === 'pick' && take.current) || takes.find((take) => take.rule)
    || takes.find((take) => take.current && take.mark !== 'reject') || takes[0];
}

/** The tasks of a shot at a stage; '' for all stages. */
export const tasksAt = (shot, stage) => (stage ? shot.tasks.filter((task) => task.stage === stage) : shot.tasks);

/** Every choice a person has to make: tasks, or the variants among which one goes on. */
export function unitsOf(shot, stage = '') {
  const groups = new Map();
  for (const task of tasksAt(shot, stage)) {
    if (task.chooser !== 'human') continue;
    const unit = groups.get(task.group) || { tasks: [], takes: [] };
    unit.tasks.push(task);
    unit.takes.push(...task.takes.filter((take) => take.current));
    groups.set(task.group, unit);
  }
  return [...groups.values()].filter((unit) => unit.takes.length);
}

/** Whether a choice was made: one is picked, or all are out and more were asked for. */
export const decided = (unit) => unit.takes.some((take) => take.mark === 'pick')
  || (unit.takes.every((take) => take.mark === 'reject') && unit.tasks.some((task) => task.more > 0));

/** How many choices there are at a stage, and how many are made. */
export function progress(shots, stage) {
  const units = shots.flatMap((shot) => unitsOf(shot, stage));
  return { decided: units.filter(decided).length, all: units.length };
}

export const undecided = (shot, stage) => unitsOf(shot, stage).some((unit) => !decided(unit));
const BROKEN = new Set(['failed', 'refused', 'unknown', 'blocked']);
export const failed = (shot, stage) => tasksAt(shot, stage).some((task) => BROKEN.has(task.state));
export const stale = (shot, stage) => tasksAt(shot, stage).some((task) => task.takes.some((take) => take.stale));
export const fresh = (shot, stage) => tasksAt(shot, stage).some((task) => task.takes.some((take) => take.new));
const said = (shot, stage) => tasksAt(shot, stage).some((task) => task.takes.some((take) => take.notes || take.stars));

/** What the filter "Decision" offers: value -> words and test. */
export const SHOWS = {
  '': ['All shots', () => true],
  undecided: ['Undecided', undecided],
  decided: ['Decided', (shot, stage) => unitsOf(shot, stage).length > 0 && !undecided(shot, stage)],
  failed: ['Failed or refused', failed],
  stale: ['Stale picks', stale],
  new: ['New since last time', fresh],
  said: ['With stars or notes', said],
};

/** The words by which a shot is found. */
export function textOf(shot, head) {
  const names = shot.cast.map((id) => (head.cast[id] ? head.cast[id].name : id));
  const notes = shot.tasks.flatMap((task) => task.takes.flatMap((take) => notesOf(take).map((note) => note.text)));
  return [shot.address, ...shot.words.map((word) => word[1]), ...shot.tags, ...shot.cast, ...names, ...notes]
    .join(' ').toLowerCase();
}

/** Whether a shot is among those asked for. */
export function matches(shot, head, filter, stage) {
  if (filter.scene && !shot.address.startsWith(`${filter.scene}/`)) return false;
  if (filter.cast && !shot.cast.includes(filter.cast)) return false;
  if (filter.tag && !shot.tags.includes(filter.tag)) return false;
  if (!SHOWS[filter.show || ''][1](shot, stage)) return false;
  const words = (filter.text || '').toLowerCase().split(/\s+/).filter(Boolean);
  return !words.length || words.every((word) => textOf(shot, head).includes(word));
}

/** The shot with decisions applied, as the server will see them: shown at once, replaced by its answer. */
export function applied(shot, changes) {
  const copy = structuredClone(shot);
  for (const change of changes) {
    const task = findTask(copy, change.address);
    if (!task) continue;
    const take = findTake(task, `${change.key}.${change.number}`);
    if (change.verb === 'more') task.more = change.count ? task.more + change.count : 0;
    else if (change.verb === 'redo') {
      task.more = task.wanted;
      for (const one of task.takes) if (one.current) one.mark = 'reject';
    } else if (take) decide(copy, task, take, change);
  }
  return copy;
}

function decide(shot, task, take, change) {
  if (change.verb === 'stars') take.stars = change.stars;
  if (change.verb === 'note') renote(take, change);
  if (change.verb === 'reject') take.mark = 'reject';
  if (change.verb === 'clear') take.mark = '';
  if (change.verb !== 'pick' && change.verb !== 'hero') return;
  for (const sibling of shot.tasks.filter((one) => one.group === task.group)) {
    for (const one of sibling.takes) {
      if (one.mark === 'pick') one.mark = 'alternate';
      if (one.mark === 'alternate' && change.verb === 'hero') one.mark = '';
    }
  }
  Object.assign(take, { mark: 'pick', stale: false });
}

function renote(take, change) {
  const there = (pin) => (note) => note.mine && String(note.pin) === String(pin);
  const gone = [there(change.pin), ...('old_pin' in change ? [there(change.old_pin)] : [])];
  take.notes = notesOf(take).filter((note) => !gone.some((is) => is(note)));
  if (change.note) take.notes.push({ text: change.note, by: '', at: '', pin: change.pin, mine: true });
}

/** Two wordings as runs of words: [['same' | 'cut' | 'new', text], ...], by the longest common run of words. */
export function wordDiff(before, after) {
  const a = before.split(/\s+/).filter(Boolean), b = after.split(/\s+/).filter(Boolean);
  if (a.length * b.length > 4e6) return [['cut', before], ['new', after]];
  const width = b.length + 1, best = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      best[i * width + j] = a[i] === b[j] ? best[(i + 1) * width + j + 1] + 1
        : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    }
  }
  const runs = [];
  const add = (kind, word) => {
    const last = runs[runs.length - 1];
    if (last && last[0] === kind) last[1] += ` ${word}`;
    else runs.push([kind, word]);
  };
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { add('same', a[i]); i += 1; j += 1; }
    else if (i < a.length && (j >= b.length || best[(i + 1) * width + j] >= best[i * width + j + 1])) add('cut', a[i++]);
    else add('new', b[j++]);
  }
  return runs;
}

/** `1 take`, `2 takes`. */
export const counted = (count, one) => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;

/** Money as people read it: at least two decimals, as exact as it came. */
export const dollars = (usd) => (usd === null || usd === undefined ? 'price unknown' : `$${usd}`);

/** `22 Nov, 18:30` in this machine's time. */
export function when(at) {
  const date = at ? new Date(at) : null;
  if (!date || Number.isNaN(date.getTime())) return at || '';
  return date.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

/** A take in words, for those who hear the page. */
export function spoken(task, take) {
  const marks = { pick: 'picked', alternate: 'alternate', reject: 'rejected' };
  return [`take ${take.number}`, take.current ? '' : `version ${take.version}`, task.stage, task.variant,
    marks[take.mark] || (take.rule ? `goes on by the rule ${take.rule}` : ''), take.stale ? 'stale pick' : '',
    take.stars ? counted(take.stars, 'star') : '', notesOf(take).length ? 'has a note' : '', take.short || '', take.new ? 'new' : '',
  ].filter(Boolean).join(', ');
}
