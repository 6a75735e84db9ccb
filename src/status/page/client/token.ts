// The token that actions need. It comes after `#token=` in the address, which no server sees, is taken out of the address at
// once, and is kept for this tab only.

const key = 'wasserwerk-token';

/** Storage may be forbidden by the browser's settings: then the token lasts as long as the page. */
function withStorage<Result>(use: (storage: Storage) => Result): Result | undefined {
  try {
    return use(sessionStorage);
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

let token: string | undefined;

/** The token of the address or of this tab; undefined where there is none. */
export function readToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null && given !== '') {
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    keepToken(given);
  }
  token ??= withStorage((storage) => storage.getItem(key)) ?? undefined;
  return token;
}

export function keepToken(given: string): void {
  token = given;
  withStorage((storage) => storage.setItem(key, given));
}

export function forgetToken(): void {
  token = undefined;
  withStorage((storage) => storage.removeItem(key));
}
