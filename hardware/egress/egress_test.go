package egress_test

import (
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/egress"
	"vestibule/hardware/internal/pintest"
)

func TestButton(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO5")
		b, err := egress.New(pin) // held while the program starts: Low is pressed
		if err != nil {
			t.Fatal(err)
		}
		set := func(l gpio.Level) {
			pin.Set(l)
			time.Sleep(100 * time.Millisecond)
		}
		presses := func() (n int) {
			for {
				select {
				case <-b.Presses():
					n++
				default:
					return n
				}
			}
		}
		set(gpio.Low)
		if n := presses(); n != 0 || !b.Held() {
			t.Errorf("held at the start: %d presses, held %v", n, b.Held())
		}
		set(gpio.High)
		set(gpio.Low)
		time.Sleep(time.Hour) // stuck
		if n := presses(); n != 1 || !b.Held() {
			t.Errorf("pressed and stuck: %d presses, held %v", n, b.Held())
		}
		for range 9 {
			set(gpio.High)
			for range 5 { // bounces
				pin.Set(gpio.Low)
				time.Sleep(time.Millisecond)
				pin.Set(gpio.High)
				time.Sleep(time.Millisecond)
			}
			set(gpio.Low)
		}
		if n := presses(); n != 4 {
			t.Errorf("%d presses were kept for nobody, want 4", n)
		}
		if err := b.Halt(); err != nil {
			t.Fatal(err)
		}
		if _, ok := <-b.Presses(); ok || pin.Halted() == 0 {
			t.Error("after Halt the channel is open or the pin was not let go")
		}
	})
}

func TestNoButton(t *testing.T) {
	var b *egress.Button
	if b.Presses() != nil || b.Held() {
		t.Error("a button that nobody wired was pressed")
	}
}

func TestButtonNeedsItsPin(t *testing.T) {
	pin := pintest.New("GPIO5")
	pin.Fail(errPin{})
	if _, err := egress.New(pin); err == nil {
		t.Error("opened on a dead pin")
	}
}

type errPin struct{}

func (errPin) Error() string { return "dead" }
