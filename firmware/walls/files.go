package walls

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
)

// restrictFiles lets the process open what plan and n list, and nothing else. ABI 2 whatever
// the kernel has, so that a wall stands on every board or on none.
func restrictFiles(plan layout, n Needs) error {
	var rules []landlock.Rule
	add := func(paths []string, must bool, file, folder func(...string) landlock.FSRule) error {
		for _, p := range paths {
			// Landlock refuses a folder's rights on a file.
			info, err := os.Stat(p)
			switch {
			case err != nil && must:
				return fmt.Errorf("a file that is needed: %w", err)
			case err != nil:
				continue
			case info.IsDir():
				rules = append(rules, folder(p))
			default:
				rules = append(rules, file(p))
			}
		}
		return nil
	}
	if err := add(plan.read, false, landlock.ROFiles, landlock.RODirs); err != nil {
		return err
	}
	if err := add(n.Read, true, landlock.ROFiles, landlock.RODirs); err != nil {
		return err
	}
	if err := add(append([]string{"/dev/null"}, n.Devices...), true, landlock.RWFiles, landlock.RWFiles); err != nil {
		return err
	}
	if err := add(n.Write, true, landlock.RWFiles, landlock.RWDirs); err != nil {
		return err
	}
	if err := landlock.V2.RestrictPaths(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}
