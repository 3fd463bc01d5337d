// Package live sends the picture to those whom gate admits, by WebRTC (pion), straight to
// their browsers.
//
// A viewer's offer comes through the hub, which is not trusted: it could put its own DTLS
// fingerprint in the place of the viewer's. So the viewer signs its fingerprint (pass.Call),
// gate checks who signed, and what counts is gate's answer, not the offer:
//
//   - the offer has to hold exactly one fingerprint, a sha-256 one (pion itself would accept
//     whichever of several fits, md5 included);
//   - gate is asked; it says who may watch, until when, and which fingerprint was signed;
//   - only when that is the offer's is the offer given to pion at all;
//   - this side's certificate, made when the program starts and never on a disk, is in the
//     answer that gate signs.
//
// A viewer gets one track, H.264 or VP8 (see format.go), and one data channel, both sending only: nothing
// that a viewer sends is taken, and an offer of sound, or of a second picture, is refused whole. Pictures
// that are old when they come are not sent on, and a viewer who lacks pictures waits for a key frame; one
// who has just been let in begins with the newest, if that is fresh. RTP time stamps are the frame's
// CLOCK_MONOTONIC in 90 kHz.
//
// Addresses are nobody's secret and nobody's proof. Those of this side's own interfaces are in the
// answer; what is found later, on either side, trickles, and is read strictly.
//
// Viewers end when gate cuts them, at the time that gate said, when they go, or when their
// network has been silent for five seconds. Then their connection is closed with all it
// could send again. A network that comes back before that has its picture back at once; after that
// the viewer calls anew, as gate has to admit again whoever was away for so long. ICE has a restart
// for a connection that is kept: it would take the same letters and the same leave, save DTLS's two
// round trips, and have those count as watching who may be gone for good.
//
// The bit rate follows the worst of the viewers' lines; see rate.go for how, and for what is done about loss.
//
// Who cannot be reached directly is reached over the hub's relay, if the hub has one and says so with the offer (ways).
package live
