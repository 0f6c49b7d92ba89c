// Pictures under one lens: every layer shows the same part of its picture at the same size, whatever its pixels.
import { el } from './dom.js';

const MOST = 16; // times the pixel size; beyond it only squares are seen

/** Where everybody looks: `zoom` 1 fits the pane, `x` and `y` are the point of the picture in the middle, 0 to 1. */
export class Lens {
  constructor() { this.reset(); }
  reset() { Object.assign(this, { zoom: 1, x: 0.5, y: 0.5 }); }
  get fits() { return this.zoom <= 1.0001; }

  /** Zoom to `zoom` and keep the point under (`px`, `py`) of `layer` where it is. */
  to(zoom, layer, px, py) {
    const box = layer.box, fit = layer.fit;
    if (!box || !fit) return;
    const next = Math.min(Math.max(1, zoom), MOST * layer.pixelZoom);
    const before = fit * this.zoom, after = fit * next, w = layer.width, h = layer.height;
    this.x += ((px - box.width / 2) / w) * (1 / before - 1 / after);
    this.y += ((py - box.height / 2) / h) * (1 / before - 1 / after);
    this.zoom = next;
    if (this.fits) this.reset();
    this.keepInside();
  }

  /** Move by so many points of the screen, as seen in `layer`. */
  pan(dx, dy, layer) {
    const scale = layer.fit * this.zoom;
    this.x -= dx / (layer.width * scale);
    this.y -= dy / (layer.height * scale);
    this.keepInside();
  }

  keepInside() {
    this.x = Math.min(1, Math.max(0, this.x));
    this.y = Math.min(1, Math.max(0, this.y));
  }
}

/** One picture in a pane: its thumbnail at once, its own pixels as soon as they are there. */
export class Layer {
  constructor() {
    this.low = el('img.low', { alt: '', draggable: false });
    this.full = el('img.full', { alt: '', draggable: false });
    this.word = el('p.lost', { hidden: true });
    this.pins = el('div.pins', {});
    this.sheet = el('div.picture', {}, this.low, this.full, this.pins);
    this.node = el('div.layer', {}, this.sheet, this.word);
    this.sha256 = '';
  }

  /** Show this picture; the notes with a pin stand on it, numbered. */
  show(picture, alt, notes) {
    this.full.alt = alt;
    this.pins.replaceChildren(...notes.map((note, place) => note.pin && pinAt(note, place + 1)).filter(Boolean));
    if (picture.sha256 === this.sha256) return;
    this.sha256 = picture.sha256;
    this.width = picture.width || 16;
    this.height = picture.height || 9;
    this.node.classList.remove('sharp', 'gone');
    this.word.hidden = true;
    this.full.removeAttribute('src');
    this.low.src = `/thumb/${picture.sha256}`;
    if (picture.missing) this.#lost();
    else this.#sharpen(picture.sha256);
  }

  #sharpen(sha256) {
    const better = new Image();
    better.onload = () => better.decode().catch(() => {}).then(() => {
      if (this.sha256 !== sha256) return;
      this.full.src = better.src;
      this.node.classList.add('sharp');
    });
    better.onerror = () => { if (this.sha256 === sha256) this.#lost(); };
    better.src = `/picture/${sha256}`;
  }

  #lost() {
    this.node.classList.add('gone');
    this.word.textContent = 'This picture is not in the store any more. `shotpilot store verify` looks for it among the renders and puts it back.';
    this.word.hidden = false;
  }

  /** Points of the screen for one pixel, where the picture fits its pane. */
  get fit() { return this.box ? Math.min(this.box.width / this.width, this.box.height / this.height) : 0; }

  /** The zoom at which one pixel of the picture is one pixel of the screen. */
  get pixelZoom() { return this.fit ? 1 / (this.fit * window.devicePixelRatio) : 1; }

  /** Lay the picture out in a pane of this size. */
  place(lens, box) {
    this.box = box;
    const scale = this.fit * lens.zoom, w = this.width * scale, h = this.height * scale;
    const left = w <= box.width ? (box.width - w) / 2 : Math.min(0, Math.max(box.width - w, box.width / 2 - lens.x * w));
    const top = h <= box.height ? (box.height - h) / 2 : Math.min(0, Math.max(box.height - h, box.height / 2 - lens.y * h));
    Object.assign(this.sheet.style, { width: `${w}px`, height: `${h}px`, transform: `translate(${left}px, ${top}px)` });
    this.sheet.classList.toggle('pixels', lens.zoom > this.pixelZoom * 1.5);
    this.at = { left, top, w, h };
  }

  /** The point of the picture under a point of the pane, 0 to 1; null beside it. */
  under(px, py) {
    const x = (px - this.at.left) / this.at.w, y = (py - this.at.top) / this.at.h;
    return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? [Math.round(x * 1e4) / 1e4, Math.round(y * 1e4) / 1e4] : null;
  }
}

function pinAt(note, number) {
  const pin = el('span.pin', { title: note.text }, String(number));
  Object.assign(pin.style, { left: `${note.pin[0] * 100}%`, top: `${note.pin[1] * 100}%` });
  return pin;
}

/** Have a picture at hand before it is asked for. */
export function warm(picture) {
  if (picture && !picture.missing) new Image().src = `/picture/${picture.sha256}`;
}
