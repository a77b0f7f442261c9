// asciinema v2 recordings: reading, pacing, transcript. A broken line (the product was stopped while it wrote)
// is skipped and counted. Neighbours: terminal.js draws, Replay.svelte plays.

const FRAMES_MAX = 200_000;

/** Text of a `.cast` file -> `{columns, rows, frames: [{at, kind, text}], duration, broken}`; times in seconds. */
export function parseRecording(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const header = tryJson(lines[0]);
  const isHeader = header !== null && typeof header === 'object' && !Array.isArray(header);
  const frames = [];
  let broken = isHeader ? 0 : 1;
  for (const line of lines.slice(isHeader ? 1 : 0, FRAMES_MAX)) {
    const frame = tryJson(line);
    const fits = Array.isArray(frame) && Number.isFinite(frame[0]) && typeof frame[1] === 'string' && typeof frame[2] === 'string';
    if (fits) frames.push({ at: frame[0], kind: frame[1], text: frame[2] });
    else broken += 1;
  }
  frames.sort((a, b) => a.at - b.at);
  return {
    columns: Number(header?.width) || 80,
    rows: Number(header?.height) || 24,
    frames,
    duration: frames.length ? frames[frames.length - 1].at : 0,
    broken,
  };
}

function tryJson(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** A pause longer than this is played as this. Seconds. */
export const IDLE_MAX = 2;

/** The same frames with long pauses cut short: `played` is when to show it. */
export function withoutIdle(frames) {
  let played = 0;
  let before = 0;
  return frames.map((frame) => {
    played += Math.min(Math.max(0, frame.at - before), IDLE_MAX);
    before = frame.at;
    return { ...frame, played };
  });
}
