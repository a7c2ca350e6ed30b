// The pictures of the seek bar: a WebVTT file whose cues name a part of a sprite each.

const CUE = /^([\d:.]+)\s+-->\s+([\d:.]+)/;
const PART = /^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/;

/** Seconds of "01:02.500" or "1:01:02.500". */
export function secondsOf(time) {
  return time.split(":").reduce((total, part) => total * 60 + Number.parseFloat(part), 0);
}

/** The cues of a thumbnail track: from, to (seconds), file and the part of it. */
export function thumbnailsOf(vtt) {
  const lines = vtt.split(/\r?\n/);
  return lines.flatMap((line, at) => {
    const times = CUE.exec(line);
    const part = times && PART.exec((lines[at + 1] ?? "").trim());
    if (!part) return [];
    const [x, y, width, height] = part.slice(2).map(Number);
    return [{ from: secondsOf(times[1]), to: secondsOf(times[2]), file: part[1],
      x, y, width, height }];
  });
}

/** The thumbnail of a moment: of the cue that holds it, or the nearest before. */
export function thumbnailAt(thumbnails, seconds) {
  return thumbnails.findLast((cue) => cue.from <= seconds) ?? thumbnails[0] ?? null;
}

/** "1:02:03" or "2:03". */
export function timeWords(seconds) {
  if (!Number.isFinite(seconds)) return "–:––";
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
