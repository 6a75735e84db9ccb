// What tests ask of the page from within it. Put into the page before its own scripts. Not a test.
/* global document, window, getComputedStyle, requestAnimationFrame, performance, NodeFilter, PerformanceObserver */

document.addEventListener('securitypolicyviolation', (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});

let shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
}).observe({ type: 'layout-shift', buffered: true });

/** Red, green, blue from 0 to 255 and opacity of a colour as getComputedStyle gives it. */
function rgba(text) {
  const [r, g, b, a = 1] = (text.match(/[\d.]+/gu) ?? []).map(Number);
  return [r, g, b, a];
}

function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

/** The first ground below an element that is not see-through. */
function groundOf(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] === 1) return colour;
  }
  return [255, 255, 255];
}

window.probe = {
  /** Texts with too little contrast to what is below them, with the ratio. */
  faintTexts(least) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent.trim();
      if (text === '' || !element.checkVisibility() || element.matches(':disabled, :disabled *')) continue;
      const [ink, ground] = [rgba(getComputedStyle(element).color), groundOf(element)].map(luminance);
      const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      if (ratio < least) found.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
    return found;
  },

  /** What has the focus, and whether it can be seen that it has. */
  focused() {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const name =
      element.getAttribute('aria-label') ??
      element.labels?.[0]?.textContent ??
      (element.textContent || element.id || element.tagName);
    return {
      tag: element.tagName.toLowerCase(),
      id: element.id,
      name: name.trim().slice(0, 60),
      isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    };
  },

  /** How much wider than the window the page is, and what sticks out. */
  overflow() {
    const wide = document.documentElement.clientWidth;
    const out = Array.from(document.querySelectorAll('body *'))
      .filter((element) => element.getBoundingClientRect().right > wide + 0.5)
      .filter((element) => !element.closest('.scroll, .unseen, .skip'))
      .map((element) => `${element.tagName}#${element.id}.${element.className}`);
    return { by: document.documentElement.scrollWidth - wide, out: out.slice(0, 5) };
  },

  /** Milliseconds between frames for a while, in ascending order. */
  frames(milliseconds) {
    return new Promise((resolve) => {
      const times = [];
      const start = performance.now();
      let last = start;
      const next = (now) => {
        times.push(now - last);
        last = now;
        if (now - start < milliseconds) requestAnimationFrame(next);
        else resolve(times.slice(1).sort((a, b) => a - b));
      };
      requestAnimationFrame(next);
    });
  },

  layoutShift() {
    return shift;
  },

  /** Part of the pixels of the k-th canvas of a kind that are drawn on. */
  inked(kind, k) {
    const canvas = document.querySelectorAll(`canvas.${['chart', 'cloud', 'graph'][kind]}`)[k];
    if (!canvas?.width) return 0;
    // Read from a copy: reading makes a canvas slow, of which the browser warns.
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) drawn++;
    return drawn / (data.length / 4);
  },
};
