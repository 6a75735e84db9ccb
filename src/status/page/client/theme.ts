// Light, dark, or as the system has it. The choice is kept in this browser. Loaded before the page is first painted.

const key = 'wasserwerk-theme';
const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

function isTheme(value: string | null): value is Theme {
  return (themes as readonly (string | null)[]).includes(value);
}

/** Storage may be forbidden by the browser's settings: then the choice holds for this page only. */
function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return isTheme(value) ? value : 'system';
  } catch (error) {
    if (error instanceof DOMException) return 'system';
    throw error;
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

function apply(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

apply(stored());

/** Makes the switch work; `changed` is called whenever colours are others than before. */
export function watchTheme(select: HTMLSelectElement, changed: () => void): void {
  select.value = stored();
  select.addEventListener('change', () => {
    if (!isTheme(select.value)) return;
    store(select.value);
    apply(select.value);
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}
