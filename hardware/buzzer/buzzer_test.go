package buzzer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/buzzer"
	"vestibule/hardware/internal/pintest"
)

// sounding adds up how long the pin was High.
func sounding(pin *pintest.Pin) (sum time.Duration, times int) {
	var since time.Time
	for _, o := range pin.Orders() {
		switch {
		case o.Level == gpio.High && since.IsZero():
			since = o.At
			times++
		case o.Level == gpio.Low && !since.IsZero():
			sum += o.At.Sub(since)
			since = time.Time{}
		}
	}
	return sum, times
}

func TestSounds(t *testing.T) {
	for name, c := range map[string]struct {
		sound buzzer.Sound
		want  time.Duration
		times int
	}{
		"key":      {buzzer.Key(), 30 * time.Millisecond, 1},
		"accepted": {buzzer.Accepted(), 240 * time.Millisecond, 2},
		"refused":  {buzzer.Refused(), 400 * time.Millisecond, 1},
		"alarm":    {buzzer.Alarm(), 5 * time.Second, 20},
		"silence":  {nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pin := pintest.New("GPIO13")
				b, err := buzzer.New(pin)
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Play(c.sound); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				if sum, times := sounding(pin); sum != c.want || times != c.times {
					t.Errorf("sounded %v in %d parts, want %v in %d", sum, times, c.want, c.times)
				}
				if l, _ := pin.Driven(); l == gpio.High {
					t.Error("still sounding")
				}
				if err := b.Halt(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestNewSoundReplacesTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO13")
		b, err := buzzer.New(pin)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Play(buzzer.Alarm()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := b.Play(nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if l, _ := pin.Driven(); l == gpio.High {
			t.Error("an empty sound is not silence")
		}
		if err := b.Play(buzzer.Alarm()); err != nil {
			t.Fatal(err)
		}
		if err := b.Halt(); err != nil {
			t.Fatal(err)
		}
		if l, out := pin.Driven(); l == gpio.High || out {
			t.Error("sounding after Halt")
		}
		if err := b.Play(buzzer.Key()); err == nil {
			t.Error("plays after Halt")
		}
		if err := b.Halt(); err != nil {
			t.Errorf("second Halt: %v", err)
		}
	})
}

func TestRefusedSounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := buzzer.New(pintest.New("GPIO13"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []buzzer.Sound{{0}, {-1}, {time.Second, 0}, {time.Hour}, {40 * time.Second, 1, 40 * time.Second}} {
			if err := b.Play(s); err == nil {
				t.Errorf("plays %v", s)
			}
		}
		if err := b.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}
