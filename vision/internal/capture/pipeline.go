package capture

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// GStreamer writes pictures wherever a pipeline's text says, to files and to networks, and the pictures in it are not
// redacted. So a pipeline is one chain, without branches, from a camera to our own appsink, of elements that make
// pictures of pictures and have no property by which they would write one (queue2 keeps some in a file, so it is not
// among them). No filesrc either: that is what file: is for.

// cameras, makers and the sink are the elements that are possible, by where in the chain.
func cameras() []string { return []string{"libcamerasrc", "v4l2src", "videotestsrc"} }

func makers() []string {
	return []string{
		"queue", "capsfilter", "videoconvert", "videoscale", "videorate", "videoflip", "videocrop", "jpegdec",
		"v4l2convert", "v4l2jpegdec",
	}
}

const sink = "appsink"

// grammar is how the words between two links may look. None has a character by which GStreamer's parser quotes, escapes, or
// refers to something by name.
type grammar struct {
	property *regexp.Regexp
	caps     *regexp.Regexp
}

func newGrammar() grammar {
	return grammar{
		property: regexp.MustCompile(`^[a-z][a-z0-9-]*=[A-Za-z0-9_./:,=@+-]+$`),
		caps: regexp.MustCompile(`^(video/x-raw|image/jpeg)(\(memory:[A-Za-z0-9]+\))?` +
			`(,[a-z][a-z-]*=(\((int|string|fraction|boolean)\))?[A-Za-z0-9_./:+-]+)*$`),
	}
}

// chain reads a pipeline, refuses what is not possible, and writes it anew, so that GStreamer's parser is given nothing
// that it could read in another way. It ends in an appsink that keeps the newest frame only where the text has none.
func chain(text string) (string, error) {
	g := newGrammar()
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
	var parts []string
	for more := true; more; {
		var part []string
		part, words, more = cut(words)
		names := makers()
		switch {
		case len(part) == 0:
			return "", errors.New("the pipeline has nothing before or after a ! where an element should be")
		case len(parts) == 0:
			names = cameras()
		case strings.Contains(part[0], "/"):
			caps := strings.NewReplacer(" , ", ",", " ,", ",", ", ", ",").Replace(strings.Join(part, " "))
			if !g.caps.MatchString(caps) {
				return "", fmt.Errorf("the pipeline has %q where caps such as video/x-raw,width=1280,height=720,format=NV12 are possible", caps)
			}
			parts = append(parts, caps)
			continue
		case !more:
			names = append(names, sink)
		}
		if err := g.check(part, names); err != nil {
			return "", err
		}
		parts = append(parts, strings.Join(part, " "))
	}
	if last := parts[len(parts)-1]; last != sink && !strings.HasPrefix(last, sink+" ") {
		parts = append(parts, sink+" drop=true max-buffers=1")
	}
	return strings.Join(parts, " ! "), nil
}

// cut takes what is before the first link.
func cut(words []string) (part, rest []string, more bool) {
	if at := slices.Index(words, "!"); at >= 0 {
		return words[:at], words[at+1:], true
	}
	return words, nil, false
}

// check refuses an element that is none of these, and any word after it that is no property.
func (g grammar) check(part, names []string) error {
	if !slices.Contains(names, part[0]) {
		return fmt.Errorf("the pipeline has %q where one of %s is possible", part[0], strings.Join(names, ", "))
	}
	for _, word := range part[1:] {
		if !g.property.MatchString(word) || strings.HasPrefix(word, "name=") {
			return fmt.Errorf("the pipeline has %q after %s, where properties such as device=/dev/video0 are possible, without quotes, "+
				"and names are not; between elements stands a ! of its own", word, part[0])
		}
	}
	return nil
}
