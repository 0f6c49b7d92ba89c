// The page's side of the server: what it shows, what it asks for, and what could not be saved. Draws nothing.
import { applied, nameOf, findTask, findTake, shotOf } from './model.js';

const SEEN = 1000, UNSEEN = 8000, LOST = 2500; // ms between two looks: page seen, page in the background, no answer

export class Desk {
  #truth = new Map(); // address of the shot -> as the server told
  #pending = []; // changes on their way: {shot, changes}
  #turn = Promise.resolve();
  #timer = 0;
  #heard = [];

  constructor() {
    this.head = null;
    this.shots = new Map(); // what is shown: the truth, and on top of it what is on its way
    this.tag = '';
    this.lost = false; // the server does not answer
    this.unsaved = []; // changes that were not saved: {shot, changes, why}
    document.addEventListener('visibilitychange', () => document.hidden || this.look());
  }

  /** Call `hear(kind, detail)`: 'shots' (a set of addresses, and whether rows came or went), 'head', 'lost', 'unsaved', 'undone',
   *  'pending' (how many decisions are on their way). */
  on(hear) { this.#heard.push(hear); }

  #tell(kind, detail) { for (const hear of this.#heard) hear(kind, detail); }

  /** Ask the server what moved, now and from then on. */
  async look() {
    clearTimeout(this.#timer);
    try {
      const headers = this.tag ? { 'If-None-Match': `"${this.tag}"` } : {};
      const answer = await fetch('/api/state', { headers, cache: 'no-store' });
      if (answer.status === 200) this.#learn(await answer.json());
      this.#setLost(answer.ok || answer.status === 304 ? '' : (await said(answer)));
    } catch {
      this.#setLost('gone');
    }
    this.#timer = setTimeout(() => this.look(), this.lost ? LOST : document.hidden ? UNSEEN : SEEN);
  }

  #setLost(why) {
    if (this.lost === Boolean(why)) return;
    this.lost = Boolean(why);
    this.#tell('lost', why);
    if (!why && this.unsaved.length) this.tryAgain();
  }

  #learn(state) {
    if (!state.tag || older(state.tag, this.tag)) return;
    const before = this.head;
    const moved = new Set(state.shots.map((shot) => shot.address));
    if (state.whole) this.#truth.clear();
    for (const shot of state.shots) this.#truth.set(shot.address, shot);
    this.tag = state.tag;
    this.head = state.head;
    const order = state.head.scenes.flatMap((scene) => scene.shots);
    const gone = [...this.#truth.keys()].filter((address) => !order.includes(address));
    for (const address of gone) this.#truth.delete(address);
    const rows = !before || gone.length || order.join() !== before.scenes.flatMap((scene) => scene.shots).join();
    if (rows) this.shots = new Map(order.filter((one) => this.#truth.has(one)).map((one) => [one, this.#truth.get(one)]));
    for (const address of rows ? order : moved) this.#show(address);
    this.#tell('head', null);
    if (moved.size || rows) this.#tell('shots', { moved, rows: Boolean(rows) });
  }

  #show(address) {
    const truth = this.#truth.get(address);
    const changes = this.#pending.filter((one) => one.shot === address).flatMap((one) => one.changes);
    if (truth) this.shots.set(address, changes.length ? applied(truth, changes) : truth);
  }

  /** Decide: shown at once, sent in turn. `anyway`: even where somebody else decided meanwhile. */
  choose(changes, anyway = false) {
    const one = { shot: shotOf(changes[0].address), changes };
    this.#pending.push(one);
    this.#tell('pending', this.#pending.length);
    this.#show(one.shot);
    this.#tell('shots', { moved: new Set([one.shot]), rows: false });
    this.#turn = this.#turn.then(() => this.#send(one, anyway));
    return this.#turn;
  }

  async #send(one, anyway) {
    const truth = this.#truth.get(one.shot);
    const headers = { 'Content-Type': 'application/json' };
    if (!anyway && truth && truth.revision) headers['If-Match'] = `"${truth.revision}"`;
    const { state, status, why } = await this.#post(`/api/choose?since=${this.tag}`, headers, { changes: one.changes });
    this.#pending.splice(this.#pending.indexOf(one), 1);
    this.#tell('pending', this.#pending.length);
    if (state) this.#learn(state);
    if (why) this.#keepUnsaved({ ...one, why, status });
    if (why || !state || !state.shots || !state.shots.some((shot) => shot.address === one.shot)) {
      this.#show(one.shot);
      this.#tell('shots', { moved: new Set([one.shot]), rows: false });
    }
  }

  /** Take the last decision back. */
  undo() {
    this.#turn = this.#turn.then(async () => {
      const { state, why } = await this.#post(`/api/undo?since=${this.tag}`, { 'Content-Type': 'application/json' }, {});
      if (state) this.#learn(state);
      this.#tell('undone', why ? { why } : { what: state.undone });
    });
    return this.#turn;
  }

  async #post(url, headers, body) {
    try {
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      const state = await answer.json();
      return { state, status: answer.status, why: answer.ok ? '' : state.error };
    } catch {
      this.#setLost('gone');
      return { state: null, status: 0, why: 'the review was stopped' };
    }
  }

  #keepUnsaved(one) {
    this.unsaved.push(one);
    this.#tell('unsaved', one);
  }

  /** Send again what was not saved. */
  tryAgain() {
    const again = this.unsaved.splice(0);
    this.#tell('unsaved', null);
    return Promise.all(again.map((one) => this.choose(one.changes, true)));
  }

  /** Give up what was not saved. */
  drop() {
    this.unsaved.length = 0;
    this.#tell('unsaved', null);
  }

  /** What was not saved, as commands to be typed. */
  commands() {
    return this.unsaved.flatMap((one) => one.changes.map((change) => this.#command(one, change))).join('\n');
  }

  #command(one, change) {
    const task = findTask(this.shots.get(one.shot), change.address);
    const take = findTake(task, `${change.key}.${change.number}`);
    const at = take ? nameOf(task, take) : change.address;
    const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const flag = {
      reject: ' --reject', clear: ' --clear', stars: ` --stars ${change.stars}`, note: ` --note ${quoted(change.note || '')}`,
      more: ` --more ${change.count}`, redo: ' --redo',
    }[change.verb] || '';
    const rehearsal = this.head.rehearsal ? ' --rehearsal' : '';
    return `shotpilot pick ${quoted(this.head.file)} ${at}${flag}${rehearsal}`;
  }

  /** What is known of a take's origin; null where it cannot be told. */
  async facts(take) {
    try {
      const answer = await fetch(`/api/facts/${take.key}/${take.number}`);
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
}

/** Whether an answer was overtaken by a later one of the same server. */
function older(tag, than) {
  const [life, serial] = tag.split('.'), [known, now] = than.split('.');
  return life === known && Number(serial) < Number(now);
}

async function said(answer) {
  try {
    return (await answer.json()).error || `the server said ${answer.status}`;
  } catch {
    return `the server said ${answer.status}`;
  }
}
