// Package vision shows a doorway and hides the home behind it.
//
// A Sight opens a camera for one delivery and gives pictures in which the signed zones (the doorway
// and the mat) are what the camera sees and everything else is glass. Nobody outside this folder can
// get anything else out of it:
//
//   - raw frames have no type that another room could name (vision/internal/raw), and no function
//     or callback of this package carries one: a Source of one's own is made in vision/internal/camera;
//   - Redacted, the only thing an encoder takes, is a struct with no exported field whose zero value is
//     not Valid, only a Sight makes one, and its bytes are vision/internal/sealed's to give: nobody else can put
//     others in their place;
//   - a source that ParseSource makes has one way out, which is ours: of a GStreamer pipeline, whose text could branch
//     and write, only chains of elements that are known to write nothing are taken (vision/internal/capture). That
//     these do not, nor the other plug-ins and libraries that a camera is read with, is taken on trust, and so is it
//     that the machine's own are loaded (GST_PLUGIN_PATH and LD_LIBRARY_PATH are for whoever starts it to set);
//   - what crosses from raw frames into pictures is the zones' own pixels; in the mode Blur one Tint of 216
//     bytes a delivery; and, where the plan asks for it and while a visit is under way, where something moves
//     behind the glass, 18 bytes at most twice a second (vision/internal/glass says why these bounds hold).
//     Look counts what was given away. With no shadow asked for, nothing looks at the interior but for the tint.
//
// reflect and unsafe are out of scope: Go has no wall against them. What is left then is that the program which
// looks has no network (firmware/walls).
//
// # Colours
//
// The tint is the mean of some frames once the camera has had a second to find its exposure; where the plan asks for
// the lamp, of the last such before it was seen. It is offered in Look.Tint, from the 30th frame on whatever they
// show, until Settle says what the glass is to show, once; before that the glass is the nonce's. So whoever keeps
// the tint writes it down first, and a program that crashes in between does not spend a second one. Who is offered a
// tint knows it: so it is not measured again, be it settled or not, and Plan.Offer takes it into the delivery's next Sight.
//
// # Failure
//
// Every failure ends in glass, never in a stale or a clearer picture: no zone or a bad one, a camera
// that fails, ends, stalls, gives another size than when the delivery began (Plan.Cut) or has moved, a lamp that the plan asks for and nobody sees, a panic in
// here or in a driver. Each comes with a Reason. What this cannot catch is an exception thrown inside OpenCV's C++ (or a fault in any C library): it
// ends the process. Then there is no picture at all, which is as private, and whoever started the process starts
// it again. A broken JPEG of a camera's is left out. What FFmpeg and GStreamer decode, they may patch up where it
// is broken, so a compressed film or pipeline is for a desk; a file that breaks off ends in glass. A film that changes
// its size in the middle goes unnoticed where OpenCV scales it back to its first size (4.6 does so with H.264) and
// does not say so: the zone then lies on a picture that it was not signed for. A camera's frames are not scaled there.
//
// # Memory
//
// Frames lie in pages of their own that are in no core dump and, as far as the process may lock memory, in no
// swap (Loose says when not), and so does what we have of them on their way: OpenCV's Mats, and the chroma of a
// JPEG. Out of reach are the buffers of the kernel's driver, of libcamera, FFmpeg and GStreamer, and what OpenCV and libjpeg-turbo
// take for the length of one call: Loose does not know of these, and eye's machine should have no swap
// (MemorySwapMax=0) and make no core dumps (LimitCORE=0, and firmware/walls). When a Sight is closed they go back to the kernel, pictures that were given out
// end, and what OpenCV and FFmpeg freed has been overwritten (vision/internal/heap). A test looks through the
// process for what is left.
//
// What is said of frames is not said of what is made of them. What looks for shadows keeps a model of the interior, a
// coarse one, in Go's heap, and what measures the tint keeps sums over its cells for a second, and what comes of them: all that may be swapped out,
// and would be in a core dump, which is for the program to forbid (firmware/walls does). It is overwritten by Close, and
// so is the glass that was drawn in these colours. What drawing it left in memory of the collector's is not: that tells
// the 216 bytes that were shown, and no more.
//
// Not here: the encoder, the network, records, and who may look. Light that falls from the interior on
// the doorway, or is mirrored in something that stands there, is in the zone and is shown.
package vision
