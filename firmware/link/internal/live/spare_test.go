package live

import (
	"testing"
	"time"
)

func TestALineThatIsHardlyUsedIsBelievedMore(t *testing.T) {
	const told = 200_000 // bit/s
	var s spare
	var sent uint64
	now := time.Hour
	run := func(seconds int, bits uint64, trouble bool) (factor float64) {
		for range seconds * 10 {
			now += 100 * time.Millisecond
			sent += bits / 10
			factor = s.over(now, sent, told, trouble)
		}
		return factor
	}
	if f := run(1, 50_000, true); f != 1 {
		t.Errorf("%.2f while something is wrong", f)
	}
	if f := run(4, 50_000, false); f < 2 || f > 2.6 {
		t.Errorf("%.2f after 4 s in which little was sent", f)
	}
	if f, g := run(1, 190_000, false), run(5, 190_000, false); f != g {
		t.Errorf("it grows from %.2f to %.2f while the line is used", f, g)
	}
	if f := run(60, 50_000, false); f != mostSpare {
		t.Errorf("%.2f after a minute, want %.0f at the most", f, mostSpare)
	}
	if f := s.over(now+time.Millisecond, sent, told, true); f != 1 {
		t.Errorf("%.2f at the first sign that something is wrong", f)
	}
}
