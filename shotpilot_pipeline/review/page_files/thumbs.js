// Thumbnails come when they are about to be seen, a few at a time: a browser has six lines to one server, and a decision
// must never wait behind a thousand pictures. What is scrolled away before its turn loses it.

const AT_ONCE = 4;
const NEAR = '400px 0px'; // how far outside the grid a picture is fetched ahead

const waiting = new Set();
let running = 0;
let watcher = null;

/** Watch pictures that scroll in `root`. */
export function watchThumbs(root) {
  watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) waiting.add(target);
      else waiting.delete(target);
    }
    next();
  }, { root, rootMargin: NEAR });
}

/** Have this picture loaded when it comes near. */
export function whenNear(image, src) {
  image.dataset.src = src;
  if (watcher) watcher.observe(image);
}

function next() {
  for (const image of waiting) {
    if (running >= AT_ONCE) return;
    waiting.delete(image);
    if (!image.isConnected) continue;
    running += 1;
    watcher.unobserve(image);
    const done = () => { running -= 1; next(); };
    image.addEventListener('load', done, { once: true });
    image.addEventListener('error', done, { once: true });
    image.src = image.dataset.src;
  }
}
