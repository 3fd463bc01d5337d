// Package challenge tells a picture of here and now from any other by a lamp.
//
// While the camera has power, the lamp in the visible zone shows chips of 80 ms, lit or not,
// drawn at random ([Dealer]). Eye reports how bright the lamp's box is in every frame, and
// [Judge] compares the two over the last 3 s. A covered lens, a frozen sensor and a film of
// yesterday do not show today's chips.
//
// What is compared is each frame by itself. Which share of the lamp's light it should have
// follows from the chips, an exposure of 30 ms and a latency, of which -50 to 250 ms are tried.
// Least squares free this share and the frames' luma of daylight that is level, drifts or bends;
// how the two then correlate is all that counts. It is a measure against the noise in the
// picture and against everything else that moves there, so a lamp that adds 4 of 255 to bright
// daylight will do, and no brightness by itself means anything.
//
// To be accepted, the correlation over the 3 s has to be 0.93. Once accepted, 0.8 is enough, at the
// latency that fitted and not elsewhere; or 0.93 without a gap of 1.1 s, wherever that lies:
// because a courier may walk past the lamp, or a door let daylight in. Nothing is known of what lies in a gap,
// so what is covered or frozen is known after 1.7 s in the mean and not at once, and a film that
// begins the moment the camera is taken away has 1.9 s to be found out by instead of three.
//
// # Chance
//
// The chips hold 8.2 bits a second, of which a camera of 15 frames a second cannot see all, nor can the
// latency be known before. Another film fits 3 s of them one time in some four million at 15 frames a second and
// one in 700,000 at 10; a lamp that blinks steadily, one in 450,000. A lamp that adds ten times the noise
// of a frame's mean is accepted in all but one span in 5,000. The tests count all this anew:
//
//	LAMP_LONG=1 go test -v ./firmware/gate/internal/challenge
//
// # People
//
// The lamp never changes more than six times in any second, which is three flashes (a flash is a pair of
// opposing changes), and does 4.6 times in the mean. That is what WCAG 2.2, success criterion 2.3.1 "Three flashes or
// below threshold" allows for a flash of any size. The lamp is far below the size from which the criterion
// counts at all, a quarter of any 10 degrees of the field of view (0.006 steradians): an LED of 5 mm is
// 0.00002 steradians at a metre.
//
// After the idea of P. Michael et al., "Noise-Coded Illumination for Forensic and
// Photometric Video Analysis", ACM Transactions on Graphics 44, 2025.
//
// Non-goals: an eye that lies. It could report the chips it is not told by watching the
// lamp through another camera; the walls around eye are for that. A film that is shot, sent and shown
// within the latency is the picture of now.
package challenge
