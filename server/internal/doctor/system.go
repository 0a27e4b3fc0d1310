package doctor

import (
	"fmt"
	"time"
)

// fewFiles is a limit of open files below which larger installations fail: a connection with a TURN server or ICE over
// TCP takes some, a recording one.
const fewFiles = 4096

func (x *examiner) limits() {
	files, threads, err := limits()
	share := x.config.Resources.ExceptionLimit
	switch {
	case err != nil:
		x.found("limits", "", Note, err.Error())
	case files != unlimited && files < fewFiles:
		x.found("limits", "", Warning, fmt.Sprintf("%d open files are few: at %.0f %% of them create is refused", files, share*100),
			"Raise them: ulimits/nofile in a compose file, LimitNOFILE= in a systemd unit, ulimit -n in a shell.")
	default:
		x.found("limits", "", OK, fmt.Sprintf("open files %s, threads %s", amount(files), amount(threads)))
	}
}

// unlimited is the amount of a limit that there is not.
const unlimited = ^uint64(0)

func amount(n uint64) string {
	if n == unlimited {
		return "unlimited"
	}
	return fmt.Sprint(n)
}

// written is a time before which no clock can be right: this was written then.
var written = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func (x *examiner) clock() {
	now := time.Now()
	synchronised, err := clockSynchronised()
	text := now.UTC().Format("2006-01-02 15:04:05 UTC")
	const why = "Certificates, TURN credentials with an expiry and the times of recordings depend on it."
	switch {
	case now.Before(written):
		x.found("clock", "", Failure, text+" is in the past", why)
	case err != nil:
		x.found("clock", "", OK, fmt.Sprintf("%s (%v)", text, err))
	case !synchronised:
		x.found("clock", "", Warning, text+", not synchronised according to the kernel", "Run an NTP client on the host.", why)
	default:
		x.found("clock", "", OK, text+", synchronised")
	}
}
