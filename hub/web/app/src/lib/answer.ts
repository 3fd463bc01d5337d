/**
 * Whether an answer that a stranger carried is this device's answer to this call. Only then may its
 * description be given to WebRTC: the picture can come from nobody but whose fingerprint is in it.
 */
import { equal, type Bytes } from './bytes';
import { keyId } from './note';
import { openAnswer, type Answer, type Call } from './pass';
import { onlyFingerprint } from './sdp';

/** Throws when it is not. call is what we signed, viewer our public key, device the device's. */
export async function checkAnswer(
  reply: { sdp: string; answer: string },
  call: Pick<Call, 'device' | 'delivery' | 'nonce'>,
  viewer: Bytes,
  device: Bytes,
  now: Date,
): Promise<Answer> {
  const answer = await openAnswer(reply.answer, device);
  const theirs = onlyFingerprint(reply.sdp);
  const meant =
    answer.device === call.device &&
    answer.delivery === call.delivery &&
    answer.viewer === (await keyId(viewer)) &&
    equal(answer.nonce, call.nonce) &&
    theirs !== null &&
    equal(theirs, answer.fingerprint) &&
    answer.until > now;
  if (!meant) throw new Error('the answer is not this device’s answer to this call');
  return answer;
}
