package pass_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vestibule/hub/pass"
)

// TestTwoSpellingsOfACode: of the 10 last digits, one is the code, one is the code under
// duress, and eight are slips.
func TestTwoSpellingsOfACode(t *testing.T) {
	for n := range uint32(1000) {
		c, err := pass.NewCode(fixedDraw(n * 99_989))
		if err != nil {
			t.Fatal(err)
		}
		other, _ := pass.NewCode(fixedDraw(n*99_989 + 1))
		d := c.Digits()
		var seen [3]int
		slips := 0
		for last := range 10 {
			text := d[:8] + fmt.Sprint(last)
			typed, err := pass.ParseTyped(text)
			if err != nil {
				if !errors.Is(err, pass.ErrTypo) || c.Match(typed) != pass.NoMatch {
					t.Fatalf("%s: %v", text, err)
				}
				slips++
				continue
			}
			m := c.Match(typed)
			seen[m]++
			want := pass.Matches
			if last == (int(d[8]-'0')+1)%10 {
				want = pass.Duress
			}
			if m != want || other.Match(typed) != pass.NoMatch || (pass.Code{}).Match(typed) != pass.NoMatch {
				t.Fatalf("%s typed for %s: %v, want %v", text, c, m, want)
			}
		}
		if seen != [3]int{pass.Matches: 1, pass.Duress: 1} || slips != 8 {
			t.Fatalf("%s: %v spellings, %d slips", c, seen, slips)
		}
		forced, err := pass.ParseTyped(c.Forced())
		if err != nil || c.Match(forced) != pass.Duress {
			t.Fatalf("%s under duress is %s: %v", c, c.Forced(), err)
		}
	}
}

// TestAGuessIsWorth1e8: whatever is typed fits at most one code.
func TestAGuessIsWorth1e8(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{9}`).Draw(t, "typed")
		typed, err := pass.ParseTyped(text)
		fits := 0
		for last := range 10 {
			if c, codeErr := pass.ParseCode(text[:8] + fmt.Sprint(last)); codeErr == nil && c.Match(typed) != pass.NoMatch {
				fits++
			}
		}
		if want := 1; err == nil && fits != want || err != nil && fits != 0 {
			t.Fatalf("%s is a try at %d codes, %v", text, fits, err)
		}
		// A code with other first eight digits never matches.
		other := rapid.StringMatching(`[0-9]{8}`).Draw(t, "other")
		for last := range 10 {
			if c, codeErr := pass.ParseCode(other + fmt.Sprint(last)); codeErr == nil && other != text[:8] && c.Match(typed) != pass.NoMatch {
				t.Fatalf("%s opens %s", text, c)
			}
		}
	})
}

func TestZeroTypedMatchesNothing(t *testing.T) {
	c, _ := pass.NewCode(fixedDraw(0)) // 000 000 000
	if c.Digits() != "000000000" {
		t.Fatal(c)
	}
	if m := c.Match(pass.Typed{}); m != pass.NoMatch {
		t.Errorf("nothing typed: %v", m)
	}
	if m := (pass.Code{}).Match(pass.Typed{}); m != pass.NoMatch {
		t.Errorf("nothing typed for no code: %v", m)
	}
	typed, _ := pass.ParseTyped("000000000")
	if m := (pass.Code{}).Match(typed); m != pass.NoMatch {
		t.Errorf("no code: %v", m)
	}
	if (pass.Code{}).Forced() != "" {
		t.Error("no code has a duress spelling")
	}
}

func TestSecretMatch(t *testing.T) {
	s := newFixture(t).secret
	scan := s.Scanned()
	other, err := pass.NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	near := s
	near.Key[15] ^= 1
	for _, c := range []struct {
		what, given string
		secret      pass.Secret
		want        pass.Match
		scanned     bool
		err         error
	}{
		{"the code", s.Code.String(), s, pass.Matches, false, nil},
		{"the code under duress", s.Code.Forced(), s, pass.Duress, false, nil},
		{"another code", other.Code.Digits(), s, pass.NoMatch, false, nil},
		{"another code under duress", other.Code.Forced(), s, pass.NoMatch, false, nil},
		{"a slip", s.Code.Digits()[:8] + string('0'+(s.Code.Digits()[8]-'0'+2)%10), s, pass.NoMatch, false, pass.ErrTypo},
		{"too short", "1234", s, pass.NoMatch, false, pass.ErrNoCode},
		{"nothing", "", s, pass.NoMatch, false, pass.ErrNoCode},
		{"the key", scan, s, pass.Matches, true, nil},
		{"another key", other.Scanned(), s, pass.NoMatch, true, nil},
		{"a key with a flipped bit", near.Scanned(), s, pass.NoMatch, true, nil},
		{"a key with padding", base64.URLEncoding.EncodeToString(s.Key[:]), s, pass.NoMatch, false, pass.ErrNoCode},
		{"a key with loose last bits", loosen(s.Key[:]), s, pass.NoMatch, false, pass.ErrNoCode},
		{"a key and a line end", scan[:11] + "\n" + scan[11:], s, pass.NoMatch, false, pass.ErrNoCode},
		{"a key and a space", scan + " ", s, pass.NoMatch, false, pass.ErrNoCode},
		{"a key in capitals", strings.ToUpper(scan), s, pass.NoMatch, true, nil},
		{"the code, of no secret", s.Code.Digits(), pass.Secret{}, pass.NoMatch, false, nil},
		{"the key, of no secret", scan, pass.Secret{}, pass.NoMatch, true, nil},
		{"the zero key, of no secret", strings.Repeat("A", 22), pass.Secret{}, pass.NoMatch, true, nil},
		{"the zero key", strings.Repeat("A", 22), s, pass.NoMatch, true, nil},
	} {
		m, scanned, err := c.secret.Match(c.given)
		if m != c.want || scanned != c.scanned || !errors.Is(err, c.err) {
			t.Errorf("%s (%q): %v, scanned %v, %v", c.what, c.given, m, scanned, err)
		}
	}
	if (pass.Secret{}).Scanned() != "" {
		t.Error("no secret has a QR form")
	}
}

func ExampleParseTyped() {
	code, _ := pass.ParseCode("862 243 388")
	for _, text := range []string{"862 243 388", "862 243 389", "862 243 380", "862 243"} {
		typed, err := pass.ParseTyped(text)
		fmt.Println(code.Match(typed) == pass.Matches, code.Match(typed) == pass.Duress, err)
	}
	// Output:
	// true false <nil>
	// false true <nil>
	// false false check digit does not fit
	// false false a code has nine digits
}
