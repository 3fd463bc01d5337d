package sim

// Shrink shortens a schedule that breaks an invariant as long as it still breaks that one:
// moves are left out, in ever smaller parts (Zeller, Hildebrandt: Simplifying and isolating
// failure-inducing input, 2002), then what is left is made plainer.
func Shrink(moves []Move, what Invariant) []Move {
	breaks := func(m []Move) bool { return Replay(m, nil).What == what }
	if !breaks(moves) {
		return moves
	}
	for {
		before := len(moves)
		moves = leaveOut(moves, breaks)
		moves = plainer(moves, breaks)
		if len(moves) == before {
			return moves
		}
	}
}

// leaveOut leaves out parts of a schedule, large ones first.
func leaveOut(moves []Move, breaks func([]Move) bool) []Move {
	for size := max(len(moves)/2, 1); size > 0; size /= 2 {
		for at := 0; at < len(moves); {
			end := min(at+size, len(moves))
			shorter := append(append([]Move(nil), moves[:at]...), moves[end:]...)
			if breaks(shorter) {
				moves = shorter
			} else {
				at += size
			}
		}
	}
	return moves
}

// plainer tries plainer forms of each move.
func plainer(moves []Move, breaks func([]Move) bool) []Move {
	for i := range moves {
		for _, m := range plain(moves[i]) {
			was := moves[i]
			if m == was {
				break
			}
			moves[i] = m
			if breaks(moves) {
				break
			}
			moves[i] = was
		}
	}
	return moves
}

// plain are forms of a move that are plainer, the plainest first.
func plain(m Move) []Move {
	var out []Move
	switch m.Kind {
	case Wait, Skew:
		for a := range m.A {
			out = append(out, Move{m.Kind, a, m.B})
		}
	case SignPass, SignOther:
		for _, b := range [...]uint16{now | minutes | thrice | aMinute | offline, now | minutes | thrice | aMinute | offline | seen, m.B &^ (3 << 14), m.B | offline, m.B &^ (3 << 12)} {
			out = append(out, Move{m.Kind, m.A, b})
		}
	case Type, Crash:
		out = append(out, Move{m.Kind, 0, 0}, Move{m.Kind, m.A, 0}, Move{m.Kind, 0, m.B})
	case Disk:
		out = append(out, Move{m.Kind, 0, 0}, Move{m.Kind, m.A, 0})
	case Until:
		out = append(out, Move{m.Kind, m.A, 1})
	default:
		out = append(out, Move{m.Kind, 0, m.B})
	}
	return out
}
