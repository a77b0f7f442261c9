// Numbers, times and sizes in the reader's language and time zone. All functions are reactive through `settings`.
import { sentences, t } from './i18n.js';
import { settings } from './settings.svelte.js';

const cache = new Map();
function formatter(Kind, options) {
  const key = `${Kind.name} ${settings.lang} ${JSON.stringify(options)}`;
  if (!cache.has(key)) cache.set(key, new Kind(settings.lang === 'ja' ? 'ja-JP' : 'en-GB', options));
  return cache.get(key);
}

export const number = (value) => formatter(Intl.NumberFormat, {}).format(value);
export const percent = (ratio) => formatter(Intl.NumberFormat, { style: 'percent', maximumFractionDigits: 0 }).format(ratio);
export const compact = (value) =>
  value < 10_000 ? number(value) : formatter(Intl.NumberFormat, { notation: 'compact', maximumFractionDigits: 1 }).format(value);

/** RFC 3339 with nanoseconds -> milliseconds since 1970. */
export const ms = (time) => Date.parse(String(time).replace(/(\.\d{3})\d+/, '$1'));

const date = (time, options) =>
  formatter(Intl.DateTimeFormat, { timeZone: settings.timeZone, hourCycle: 'h23', ...options }).format(
    typeof time === 'number' ? time : ms(time),
  );
/** Day, hour, minute, second. */
export const moment = (time) =>
  date(time, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
/** Hour, minute, second with milliseconds: for rows that follow each other closely. */
export const clock = (time) =>
  date(time, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
/** Short: month and day with the time. */
export const short = (time) => date(time, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
export const day = (time) => date(time, { month: 'short', day: 'numeric' });
export const hour = (time) => date(time, { hour: '2-digit', minute: '2-digit' });
export const second = (time) => date(time, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `Asia/Tokyo (GMT+9)` */
export function zone() {
  const parts = formatter(Intl.DateTimeFormat, { timeZone: settings.timeZone, timeZoneName: 'shortOffset' }).formatToParts(Date.now());
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return offset === settings.timeZone ? offset : `${settings.timeZone} (${offset})`;
}

/** A length of time, two units at most: 850 ms, 2.4 s, 3 min 20 s, 5 h 10 min, 2 d 3 h. */
export function duration(milliseconds) {
  const abs = Math.abs(milliseconds);
  const one = (value, unit) => t(`unit.${unit}`, { n: value });
  if (abs < 1000) return one(Math.round(milliseconds * (abs < 10 ? 10 : 1)) / (abs < 10 ? 10 : 1), 'ms');
  if (abs < 10_000) return one(Math.round(milliseconds / 100) / 10, 's');
  const seconds = Math.round(milliseconds / 1000);
  const pair = (big, bigUnit, small, smallUnit) => sentences(one(big, bigUnit), small ? one(small, smallUnit) : '');
  if (seconds < 60) return one(seconds, 's');
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.floor(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** 1 KiB is 1024 bytes. */
export function bytes(value) {
  if (value < 1024) return t('unit.bytes', { n: value });
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let unit = -1;
  let rest = value;
  do {
    rest /= 1024;
    unit += 1;
  } while (rest >= 1024 && unit < units.length - 1);
  return `${formatter(Intl.NumberFormat, { maximumFractionDigits: rest < 10 ? 1 : 0 }).format(rest)} ${units[unit]}`;
}

export function country(code) {
  try {
    return formatter(Intl.DisplayNames, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

export const endpoint = ({ ip, port }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
