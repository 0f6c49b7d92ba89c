// Small means to build a page: no state, no knowledge of what is built.
import { whenNear } from './thumbs.js';

export const $ = (query, root = document) => root.querySelector(query);
export const $$ = (query, root = document) => [...root.querySelectorAll(query)];

/** An element: `el('p.note', {title: 'x'}, 'text', child)`. Properties that begin with `on` listen, `data-`/`aria-` are set. */
export function el(kind, properties = {}, ...inside) {
  const [tag, ...classes] = kind.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name.includes('-') || name === 'role') node.setAttribute(name, value === true ? '' : value);
    else node[name] = value;
  }
  node.append(...inside.filter((one) => one !== null && one !== undefined && one !== false && one !== ''));
  return node;
}

/** A picture as its thumbnail, `lazy` in the grid; where it cannot be shown, a sentence stands in its place. */
export function thumb(picture, alt, lazy = true) {
  if (picture.missing) return lostPicture();
  const image = el('img', {
    alt, width: picture.width || 16, height: picture.height || 9, decoding: 'async', draggable: false,
  });
  image.addEventListener('error', () => image.replaceWith(lostPicture()), { once: true });
  if (lazy) whenNear(image, `/thumb/${picture.sha256}`);
  else image.src = `/thumb/${picture.sha256}`;
  return image;
}

export const lostPicture = () => el('span.lost', {}, 'This picture is not in the store any more');

/** A text with its mentions marked: `@Element1` is followed by the name it stands for. */
export function withMentions(text, task) {
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(/@(Element|Image)(\d*)/g)) {
    const names = found[1] === 'Element' ? task.elements : task.images;
    const name = names[Number(found[2] || 1) - 1];
    pieces.push(text.slice(end, found.index), el('span.mention', {}, found[0], name ? el('i', {}, ` ${name}`) : ''));
    end = found.index + found[0].length;
  }
  return [...pieces, text.slice(end)].filter(Boolean);
}

/** Stars as they are printed, five places. */
export const stars = (count) => '★'.repeat(count);

/** Put a text on the clipboard; where the browser does not let us, show it to be copied by hand. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    window.prompt('Copy these lines', text);
  }
}
