// What a client of the status endpoint may take: numbers, each with its reason. All of them exist so that no client, slow,
// broken or hostile, takes time or memory from the run.

/** Connections at a time: a dashboard takes one or two, a scraper one. */
export const CONNECTIONS = 256;
/** Event streams at a time. */
export const STREAMS = 64;
/** Bytes of a request's head. */
export const HEADER_BYTES = 8 * 1024;
/** Bytes of a body: no route wants any. */
export const BODY_BYTES = 1024;
/** Milliseconds for a request's head, for all of a request, and for an idle connection between two requests. */
export const HEADERS_MS = 5000;
export const REQUEST_MS = 10_000;
export const KEEP_ALIVE_MS = 5000;
/** Milliseconds without a byte either way after which a connection is given up; streams show a sign of life more often. */
export const SILENCE_MS = 30_000;
/** Milliseconds that an answer may take on its way, however steadily it trickles. */
export const ANSWER_MS = 60_000;
/** Requests on one connection before it is closed. */
export const REQUESTS_PER_CONNECTION = 10_000;
/** Bytes that may wait for a reader; one for whom more waits is dropped. */
export const WAITING_BYTES = 1024 * 1024;
/** Answers beyond so many bytes are large: they go out piece by piece, so many of them at a time. */
export const LARGE_BYTES = 64 * 1024;
export const LARGE_ANSWERS = 16;
/** Bytes of records in one answer; what is left out is asked for with a later `since`. */
export const RECORD_BYTES = 4 * 1024 * 1024;
/** Records in an answer, and particles in a picture, at most and by default. */
export const RECORDS = { most: 2000, usual: 500 } as const;
export const PARTICLES = { most: 50_000, usual: 5000 } as const;
/** Part of the time of the main thread that answers may take in the long run, and how many seconds at once. */
export const SHARE_OF_TIME = 0.05;
export const BURST_SECONDS = 0.5;
/** Milliseconds after which a request is refused for which there is no time. */
export const PUT_OFF_MS = 500;
/** Milliseconds between two views on a stream, and between two signs of life. */
export const VIEW_MS = 200;
export const ALIVE_MS = 10_000;
/** Bytes a second that views may take on all streams together; more streams or larger views come less often. */
export const VIEW_BYTES_PER_SECOND = 16 * 1024 * 1024;
