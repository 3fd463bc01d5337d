// Package vision shows a doorway and hides the home behind it.
//
// A Sight opens a camera for one delivery and gives pictures in which the signed zone (the doorway
// and the mat) is what the camera sees and everything else is glass. Nobody outside this folder can
// get anything else out of it:
//
//   - raw frames have no type that another room could name (vision/internal/raw), and no function
//     or callback of this package carries one;
//   - Redacted, the only thing an encoder takes, is a struct with no exported field whose zero value is
//     not Valid, and only a Sight makes one;
//   - what crosses from a raw frame into a picture is the zone's own pixels and, in the mode Blur, one
//     tint of 216 bytes for as long as the Sight lives (vision/internal/glass says why that bound holds).
//
// Every failure ends in glass, never in a stale or a clearer picture: no zone or a bad one, a camera
// that fails, ends, stalls or changes its size, a panic in here. Each comes with a Reason. What this
// cannot catch is an exception thrown inside OpenCV's C++, which ends the process: then there is no
// picture at all, which is as private.
//
// Not here: the encoder, the network, records, and who may look. Light that falls from the interior on
// the doorway, or is mirrored in something that stands there, is in the zone and is shown.
package vision
