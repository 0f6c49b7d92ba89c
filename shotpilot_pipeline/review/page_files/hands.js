// Mouse, pen and touch on the pictures: drag to pan or to move the wipe, wheel and pinch to zoom, swipe to the next take.
import { $, $$ } from './dom.js';

/** Let a viewer be used by hand. */
export function useHands(viewer) {
  const down = new Map();
  let moved = 0, pinch = 0, start = null;
  const inPane = (event) => {
    const pane = event.target.closest('.pane') || $('.pane', viewer.stage), box = pane.getBoundingClientRect();
    return { pane, x: event.clientX - box.left, y: event.clientY - box.top, width: box.width };
  };
  const layerOf = (pane) => viewer.layers[viewer.mode === 'wipe' ? 0 : Number(pane.dataset.pane)];
  viewer.stage.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    const at = inPane(event);
    down.set(event.pointerId, event);
    moved = 0;
    start = { x: event.clientX, y: event.clientY, wiping: viewer.mode === 'wipe' && Math.abs(at.x - viewer.wipe * at.width) < 28 };
    viewer.stage.setPointerCapture(event.pointerId);
    if (viewer.mode !== 'wipe' && Number(at.pane.dataset.pane) !== viewer.active && !viewer.placing) {
      viewer.active = Number(at.pane.dataset.pane);
      viewer.draw();
    }
  });
  viewer.stage.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const pane = $(`.pane[data-pane="${viewer.mode === 'wipe' ? 0 : viewer.active}"]`, viewer.stage), layer = layerOf(pane);
    moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    down.set(event.pointerId, event);
    if (down.size === 2) {
      const [a, b] = [...down.values()], apart = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const box = pane.getBoundingClientRect();
      if (pinch) viewer.lens.to(viewer.lens.zoom * (apart / pinch), layer, (a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top);
      pinch = apart;
    } else if (start.wiping || (viewer.mode === 'wipe' && viewer.lens.fits)) {
      viewer.wipe = Math.min(1, Math.max(0, (event.clientX - pane.getBoundingClientRect().left) / pane.clientWidth));
    } else if (!viewer.lens.fits) viewer.lens.pan(event.clientX - before.clientX, event.clientY - before.clientY, layer);
    viewer.place();
  });
  const up = (event) => {
    if (!down.delete(event.pointerId)) return;
    pinch = 0;
    const dx = event.clientX - start.x, dy = event.clientY - start.y;
    if (viewer.placing && moved < 6) viewer.placePin(event);
    else if (event.pointerType === 'touch' && viewer.lens.fits && viewer.mode !== 'wipe' && Math.abs(dx) > 60 && Math.abs(dx) > 2 * Math.abs(dy)) viewer.step(dx < 0 ? 1 : -1);
  };
  viewer.stage.addEventListener('pointerup', up);
  viewer.stage.addEventListener('pointercancel', (event) => { down.delete(event.pointerId); pinch = 0; });
  viewer.stage.addEventListener('dblclick', (event) => {
    const at = paneAt(viewer.stage, event);
    viewer.pixels(at.x, at.y);
  });
  viewer.stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    const at = paneAt(viewer.stage, event), layer = layerOf(at.pane);
    if (layer && layer.box) viewer.lens.to(viewer.lens.zoom * Math.exp(-event.deltaY * 0.0015), layer, at.x, at.y);
    viewer.place();
  }, { passive: false });
}

/** The pane under a pointer, and the place in it: while a pointer is held, events name the stage and not the pane. */
export function paneAt(stage, event) {
  const panes = $$('.pane', stage);
  const inside = (pane) => {
    const box = pane.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  };
  const pane = panes.find(inside) || panes[0], box = pane.getBoundingClientRect();
  return { pane, x: event.clientX - box.left, y: event.clientY - box.top };
}
