// Pictures from the camera, a class at a time.
import { useEffect, useRef, useState } from "./vendor/hooks.js";
import { addPicture } from "./adding.js";
import { Button, Field, html } from "./parts.js";

const SIDE = 224;
const EVERY = 200; // milliseconds between pictures while the button is held

const taken = (video) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const side = Math.min(video.videoWidth, video.videoHeight);
  const from = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  canvas.getContext("2d").drawImage(video, ...from, side, side, 0, 0, SIDE, SIDE);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
};

export const Webcam = () => {
  const video = useRef();
  const held = useRef();
  const [stream, set] = useState(null);
  const [label, name] = useState("");
  const end = () => {
    clearInterval(held.current);
    stream?.getTracks().forEach((track) => track.stop());
  };
  useEffect(() => {
    if (stream) video.current.srcObject = stream;
    return end;
  }, [stream]);
  const start = async () => {
    if (!navigator.mediaDevices) throw new Error("This browser gives no camera to this page: it does to localhost alone.");
    set(await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } }).catch((error) => {
      throw new Error(`There is no camera to be had (${error.name}).`);
    }));
  };
  const take = async () => addPicture(label.trim(), await taken(video.current), "webcam");
  const hold = () => {
    held.current = setInterval(() => take().catch(release), EVERY);
  };
  const release = () => clearInterval(held.current);
  if (!stream) return html`<${Button} onClick=${start}>Start the camera</${Button}>`;
  return html`<video class="camera" ref=${video} autoplay muted playsinline aria-label="What the camera sees" />
    <div class="row end"><${Field} words="Class"><input type="text" value=${label} onInput=${(e) => name(e.target.value)} /></${Field}>
      <${Button} class="main" disabled=${!label.trim()} onClick=${take} onPointerDown=${hold} onPointerUp=${release} onPointerLeave=${release}>Take a picture (hold for many)</${Button}>
      <${Button} onClick=${() => (end(), set(null))}>Stop the camera</${Button}></div>`;
};
