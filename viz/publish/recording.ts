/** What can be chosen: the height of the picture and the rates of the encoders, bits per second. */
export interface Quality {
  readonly label: string;
  readonly height: number;
  readonly video: number;
  readonly audio: number;
}

export const QUALITIES: readonly Quality[] = [
  { label: '360p, 0.9 Mbit/s', height: 360, video: 800_000, audio: 96_000 },
  { label: '540p, 1.5 Mbit/s', height: 540, video: 1_400_000, audio: 96_000 },
  { label: '720p, 2.6 Mbit/s', height: 720, video: 2_500_000, audio: 128_000 },
];

/** H.264 first: every player knows it. */
const PICTURES = ['avc1.42E01F', 'avc1.42E01E', 'avc1'] as const;
const SOUNDS = ['opus', 'mp4a.40.2'] as const;
/** A newcomer can begin at a keyframe only; and browsers make one fragment of what lies between two, which adds to the lag. */
const KEYFRAME_MS = 500;
const PIECE_MS = 200;
const FRAMES_PER_SECOND = 30;

/** The type in which this browser records fragmented MP4, null if it cannot. */
export function recordingType(withSound: boolean, supported: (type: string) => boolean): string | null {
  const types = PICTURES.flatMap((picture) =>
    withSound ? SOUNDS.map((sound) => `video/mp4;codecs=${picture},${sound}`) : [`video/mp4;codecs=${picture}`],
  );
  return types.find((type) => supported(type)) ?? null;
}

/** Whether this browser can record at all what a node takes. */
export function canRecord(): boolean {
  return (
    'MediaRecorder' in globalThis &&
    'mediaDevices' in navigator &&
    recordingType(true, (type) => MediaRecorder.isTypeSupported(type)) !== null
  );
}

/** Asks the person for the picture and the sound. Rejects with a `DOMException` when they say no. */
export async function capture(source: 'camera' | 'screen', { height }: Quality): Promise<MediaStream> {
  const video = { height: { ideal: height }, frameRate: { ideal: FRAMES_PER_SECOND } };
  if (source === 'screen') return await navigator.mediaDevices.getDisplayMedia({ video, audio: true });
  return await navigator.mediaDevices.getUserMedia({
    video: { ...video, width: { ideal: Math.round((height * 16) / 9) } },
    audio: true,
  });
}

/** Records until `stop`; every piece of the file goes to `take`, in order. Throws if the browser cannot record this. */
export function record(
  media: MediaStream,
  quality: Quality,
  take: (piece: Uint8Array<ArrayBuffer>) => void,
): () => void {
  const mimeType = recordingType(media.getAudioTracks().length > 0, (type) => MediaRecorder.isTypeSupported(type));
  if (mimeType === null) throw new Error('this browser cannot record H.264 in MP4');
  const options: MediaRecorderOptions & { videoKeyFrameIntervalDuration: number } = {
    mimeType,
    videoBitsPerSecond: quality.video,
    audioBitsPerSecond: quality.audio,
    videoKeyFrameIntervalDuration: KEYFRAME_MS,
  };
  const recorder = new MediaRecorder(media, options);
  let last = Promise.resolve();
  recorder.addEventListener('dataavailable', ({ data }) => {
    last = last.then(async () => {
      if (data.size > 0) take(new Uint8Array(await data.arrayBuffer()));
    });
  });
  recorder.start(PIECE_MS);
  return () => {
    if (recorder.state !== 'inactive') recorder.stop();
  };
}
