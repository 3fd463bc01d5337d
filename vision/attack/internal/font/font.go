// Package font is a small alphabet of 5x7 points: for the letters that hang in the procedural rooms, which
// an attacker knows to the pixel, and for the words on the sheet.
package font

import "strings"

const (
	// Wide and High are a letter's size in points. Lines are set with one point between letters.
	Wide, High = 5, 7
	// Alphabet is the letters that hang in rooms.
	Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// points are a letter's rows from the top, the highest of five bits on the left.
var points = map[rune][High]byte{
	'A': {14, 17, 17, 31, 17, 17, 17}, 'B': {30, 17, 17, 30, 17, 17, 30}, 'C': {14, 17, 16, 16, 16, 17, 14},
	'D': {30, 17, 17, 17, 17, 17, 30}, 'E': {31, 16, 16, 30, 16, 16, 31}, 'F': {31, 16, 16, 30, 16, 16, 16},
	'G': {14, 17, 16, 23, 17, 17, 15}, 'H': {17, 17, 17, 31, 17, 17, 17}, 'I': {14, 4, 4, 4, 4, 4, 14},
	'J': {7, 2, 2, 2, 2, 18, 12}, 'K': {17, 18, 20, 24, 20, 18, 17}, 'L': {16, 16, 16, 16, 16, 16, 31},
	'M': {17, 27, 21, 21, 17, 17, 17}, 'N': {17, 17, 25, 21, 19, 17, 17}, 'O': {14, 17, 17, 17, 17, 17, 14},
	'P': {30, 17, 17, 30, 16, 16, 16}, 'Q': {14, 17, 17, 17, 21, 18, 13}, 'R': {30, 17, 17, 30, 20, 18, 17},
	'S': {15, 16, 16, 14, 1, 1, 30}, 'T': {31, 4, 4, 4, 4, 4, 4}, 'U': {17, 17, 17, 17, 17, 17, 14},
	'V': {17, 17, 17, 17, 17, 10, 4}, 'W': {17, 17, 17, 21, 21, 21, 10}, 'X': {17, 17, 10, 4, 10, 17, 17},
	'Y': {17, 17, 17, 10, 4, 4, 4}, 'Z': {31, 1, 2, 4, 8, 16, 31},
	'0': {14, 17, 19, 21, 25, 17, 14}, '1': {4, 12, 4, 4, 4, 4, 14}, '2': {14, 17, 1, 2, 4, 8, 31},
	'3': {31, 2, 4, 2, 1, 17, 14}, '4': {2, 6, 10, 18, 31, 2, 2}, '5': {31, 16, 30, 1, 1, 17, 14},
	'6': {6, 8, 16, 30, 17, 17, 14}, '7': {31, 1, 2, 4, 8, 8, 8}, '8': {14, 17, 17, 14, 17, 17, 14},
	'9': {14, 17, 17, 15, 1, 2, 12},
	'.': {0, 0, 0, 0, 0, 12, 12}, ',': {0, 0, 0, 0, 12, 4, 8}, ':': {0, 12, 12, 0, 12, 12, 0}, '-': {0, 0, 0, 31, 0, 0, 0},
	'+': {0, 4, 4, 31, 4, 4, 0}, '/': {0, 1, 2, 4, 8, 16, 0}, '%': {24, 25, 2, 4, 8, 19, 3}, '=': {0, 0, 31, 0, 31, 0, 0},
	'(': {2, 4, 8, 8, 8, 4, 2}, ')': {8, 4, 2, 2, 2, 4, 8}, '|': {4, 4, 4, 4, 4, 4, 4}, '\'': {12, 4, 8, 0, 0, 0, 0},
	'?': {14, 17, 1, 2, 4, 0, 4}, '<': {2, 4, 8, 16, 8, 4, 2}, '>': {8, 4, 2, 1, 2, 4, 8}, '^': {4, 10, 17, 0, 0, 0, 0},
	';': {0, 12, 12, 0, 12, 4, 8}, '²': {12, 2, 4, 14, 0, 0, 0},
}

// At reports whether a letter has ink at a point. Small letters look like capitals; what the alphabet lacks
// is a blank.
func At(letter rune, col, row int) bool {
	if letter >= 'a' && letter <= 'z' {
		letter += 'A' - 'a'
	}
	return points[letter][row]>>(Wide-1-col)&1 == 1
}

// Width is how many points a line of text takes.
func Width(text string) int { return max(len([]rune(text))*(Wide+1)-1, 0) }

// Draw calls ink for every point of a line of text, whose left upper point is 0, 0.
func Draw(text string, ink func(x, y int)) {
	for i, letter := range []rune(strings.ToUpper(text)) {
		for row := range High {
			for col := range Wide {
				if At(letter, col, row) {
					ink(i*(Wide+1)+col, row)
				}
			}
		}
	}
}
