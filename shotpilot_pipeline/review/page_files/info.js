// What stands beside a picture: the faces to compare it with, its words and what changed in them, price, who and when.
import { el, thumb, withMentions } from './dom.js';
import { counted, dollars, idOf, notesOf, when, wordDiff } from './model.js';

const known = new Map(); // what was told of takes' origins; it never changes

/** Draw the panel for a take. */
export function drawInfo(root, desk, shot, task, take) {
  root.replaceChildren(
    framing(shot),
    notes(take), decision(desk, task, take), faces(desk, shot, task), words(task, take), money(task, take), origin(desk, take),
  );
}

function framing(shot) {
  const said = new Map(shot.words);
  const lines = ['size', 'angle', 'lens'].map((slot) => said.get(slot)).filter(Boolean).join(' · ');
  const motion = said.get('motion'), title = said.get('title') || [said.get('subject'), said.get('action')].filter(Boolean).join(' ');
  return el('section.framing', {}, title ? el('p.title', {}, title) : '', lines ? el('p', {}, lines) : '',
    motion ? el('p.motion', {}, `Motion: ${motion}`) : '', shot.tags.length ? el('p.tags', {}, ...shot.tags.map((tag) => el('span', {}, tag))) : '');
}

function notes(take) {
  const said = notesOf(take);
  if (!said.length) return '';
  return el('section.said-notes', {}, el('h3', {}, said.length > 1 ? 'Notes' : 'Note'), ...said.map((note, place) => el('div', {},
    el('p', {}, note.pin ? el('span.pin-no', {}, String(place + 1)) : '', note.text),
    note.by ? el('p.who', {}, [note.by, when(note.at)].filter(Boolean).join(', ')) : '')));
}

/** Who decided, when and why; what stands against it. */
function decision(desk, task, take) {
  const lines = [];
  const words = { pick: 'Picked', alternate: 'Alternate', reject: 'Rejected' };
  if (take.mark) lines.push(el('p', {}, `${words[take.mark]}${take.by ? ` by ${take.by}` : ''}${take.at ? `, ${when(take.at)}` : ''}`));
  if (take.mark === 'pick' && task.why) lines.push(el('p.why', {}, task.why));
  if (take.stale) lines.push(el('p', {}, 'This pick is of an older version: it is not followed. Pick again among the takes of now.'));
  if (task.reason && task.state) lines.push(el('p.reason', {}, task.reason));
  if (task.more) lines.push(el('p', {}, `${counted(task.more, 'more take')} asked for.`));
  return lines.length ? el('section.decision', {}, el('h3', {}, 'Decision'), ...lines) : '';
}

function faces(desk, shot, task) {
  const members = shot.cast.map((id) => desk.head.cast[id]).filter((member) => member && member.faces.length);
  if (!members.length) return '';
  return el('section.faces', {}, el('h3', {}, 'Reference faces'), ...members.map((member) => el('figure', {},
    el('div.face-row', {}, ...member.faces.map((sha256, place) => thumb({ sha256, width: 1, height: 1 }, `${member.name}, ${place ? `angle ${place}` : 'front'}`, false))),
    el('figcaption', {}, member.name))));
}

/** The prompt of the take's version, with what changed since the version before. */
function words(task, take) {
  const versions = Object.keys(task.prompts).map(Number).sort((a, b) => a - b);
  const text = task.prompts[take.version];
  if (!text) return '';
  const before = versions.filter((version) => version < take.version && task.prompts[version] !== undefined).pop();
  const changed = before !== undefined && task.prompts[before] !== text;
  const body = changed
    ? wordDiff(task.prompts[before], text).flatMap(([kind, run]) => [kind === 'same' ? el('span', {}, ...withMentions(run, task)) : el(kind === 'cut' ? 'del' : 'ins', {}, ...withMentions(run, task)), ' '])
    : withMentions(text, task);
  const title = changed ? `Prompt, and what changed since v${before}` : before !== undefined ? `Prompt, as in v${before}` : 'Prompt';
  return el('section.words', {}, el('h3', {}, title), el('p.prompt', {}, ...body));
}

function money(task, take) {
  const rows = [
    ['Take', `${take.number} of version ${take.version}${take.current ? '' : ' (older)'}`],
    ['Price', dollars(take.price_usd)],
    ['Model', [task.model, task.resolution, task.aspect_ratio].filter(Boolean).join(', ')],
    ['Pixels', take.pictures.map((picture) => `${picture.width} × ${picture.height}`)[0]],
  ];
  return el('section.money', {}, el('h3', {}, 'Take'), el('dl', {}, ...rows.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))));
}

/** When and in which roll it was asked for: fetched once, when somebody looks. */
function origin(desk, take) {
  const place = el('dl.origin', {});
  const fill = (facts) => {
    if (!facts) return;
    const roll = facts.roll_takes ? `${dollars(facts.roll_usd)} for ${counted(facts.roll_takes, 'take')} in one request` : '';
    const rows = [['Roll', roll], ['Asked for', when(facts.submitted_at)], ['Kept', when(facts.kept_at)], ['Request', facts.request_id]];
    place.replaceChildren(...rows.filter((row) => row[1]).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
  };
  const id = idOf(take);
  if (known.has(id)) fill(known.get(id));
  else desk.facts(take).then((facts) => { if (facts) known.set(id, facts); fill(facts); });
  return place;
}
