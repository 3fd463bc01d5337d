// Package challenge tells a picture of here and now from any other by a lamp.
//
// While the camera has power, the lamp in the visible zone shows chips: on or off, five a
// second, drawn at random ([Dealer]). Eye reports how bright the lamp's box is in every
// frame, and [Judge] compares the two over the last 3 s. A covered lens, a frozen sensor
// and a film of yesterday do not show today's chips.
//
// What is compared are the steps between neighbouring chips, not their brightness, so that
// daylight may drift. How late the camera is, 0 to 250 ms, is found by trying. To be
// accepted, every step has to be right; once accepted, two wrong ones are forgiven,
// because a courier may walk past the lamp.
//
// The same chip comes at most [MaxRun] times in a row, so that 3 s never pass without
// steps to see. That leaves 12.3 bits in the 14 steps: another film fits one time in 5,000.
//
// After the idea of P. Michael et al., "Noise-Coded Illumination for Forensic and
// Photometric Video Analysis", ACM Transactions on Graphics 44, 2025.
//
// Non-goals: an eye that lies. It could report the chips it is not told by watching the
// lamp through another camera; the walls around eye are for that.
package challenge
