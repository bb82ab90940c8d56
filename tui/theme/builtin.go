package theme

// Dark is the built-in theme for dark terminals.
func Dark() Theme {
	return New("dark", true, Palette{
		Background: "#1a1b1e",
		Muted:      "#a3a8b1", Faint: "#858b95", Accent: "#7fb4ff",
		Running: "#6cc7e8", Succeeded: "#7fcf8a", Failed: "#ff7b7b", Warning: "#e8b84f", Info: "#8fb8f0", Debug: "#9097a1",
		Border:       "#686e79",
		SelectedText: "#ffffff", SelectedBack: "#2f4a73", SelectedBlurBack: "#3a3e46",
		MatchText: "#16171a", MatchBack: "#d8b44a", MatchCurrentBack: "#ff9d4d",
	})
}

// Light is the built-in theme for light terminals.
func Light() Theme {
	return New("light", false, Palette{
		Background: "#ffffff",
		Muted:      "#565b64", Faint: "#6b707a", Accent: "#0b57c4",
		Running: "#00698a", Succeeded: "#17702b", Failed: "#b8161e", Warning: "#855500", Info: "#1f5fae", Debug: "#666b75",
		Border:       "#8b919c",
		SelectedText: "#0c1b33", SelectedBack: "#c6dcff", SelectedBlurBack: "#e1e4ea",
		MatchText: "#1a1a1a", MatchBack: "#ffe08a", MatchCurrentBack: "#ffae5c",
	})
}

// builtin is every theme that comes with the program. Each is checked for
// contrast on its background.
func builtin() []Theme {
	return []Theme{
		Dark(), Light(),
		New("dusk", true, Palette{
			Background: "#282a36",
			Muted:      "#b4b7c9", Faint: "#9a9db3", Accent: "#8be9fd",
			Running: "#8be9fd", Succeeded: "#50fa7b", Failed: "#ff8585", Warning: "#f1c97a", Info: "#a9c4f5", Debug: "#a3a6bb",
			Border:       "#6272a4",
			SelectedText: "#ffffff", SelectedBack: "#4d5580", SelectedBlurBack: "#44475a",
			MatchText: "#1b1c24", MatchBack: "#f1fa8c", MatchCurrentBack: "#ffb86c",
		}),
		New("forest", true, Palette{
			Background: "#1e2421",
			Muted:      "#aebbb0", Faint: "#8f9c92", Accent: "#8fd3a9",
			Running: "#7fc8c2", Succeeded: "#a3d977", Failed: "#f58a7a", Warning: "#e3bd6d", Info: "#9cc3dd", Debug: "#98a59b",
			Border:       "#66756b",
			SelectedText: "#ffffff", SelectedBack: "#2f5c46", SelectedBlurBack: "#3b4740",
			MatchText: "#17201b", MatchBack: "#dbc074", MatchCurrentBack: "#f0a860",
		}),
		New("paper", false, Palette{
			Background: "#fdf6e3",
			Muted:      "#5a5f57", Faint: "#6a6e64", Accent: "#1a5fb4",
			Running: "#0b6477", Succeeded: "#3f6a00", Failed: "#b3261e", Warning: "#7d5300", Info: "#275f9e", Debug: "#68695e",
			Border:       "#8f8873",
			SelectedText: "#1f2a2e", SelectedBack: "#d5e3ea", SelectedBlurBack: "#eae3cf",
			MatchText: "#1a1a1a", MatchBack: "#f2d675", MatchCurrentBack: "#f2ab5c",
		}),
		New("contrast-dark", true, Palette{
			Background: "#000000", Text: "#ffffff",
			Muted: "#d8d8d8", Faint: "#bdbdbd", Accent: "#66ccff",
			Running: "#66e0ff", Succeeded: "#66ff8c", Failed: "#ff9090", Warning: "#ffd24d", Info: "#a8d1ff", Debug: "#c8c8c8",
			Border:       "#9a9a9a",
			SelectedText: "#000000", SelectedBack: "#ffffff", SelectedBlurBack: "#c0c0c0",
			MatchText: "#000000", MatchBack: "#ffff66", MatchCurrentBack: "#ffb347",
		}),
		New("contrast-light", false, Palette{
			Background: "#ffffff", Text: "#000000",
			Muted: "#2b2b2b", Faint: "#444444", Accent: "#00309c",
			Running: "#00434f", Succeeded: "#004d12", Failed: "#8a0008", Warning: "#573800", Info: "#00347a", Debug: "#3a3a3a",
			Border:       "#5a5a5a",
			SelectedText: "#ffffff", SelectedBack: "#00206b", SelectedBlurBack: "#454545",
			MatchText: "#000000", MatchBack: "#ffe34d", MatchCurrentBack: "#ffa733",
		}),
		New("solar-dark", true, Palette{
			Background: "#002b36", Text: "#c3cfcf",
			Muted: "#a3b3b3", Faint: "#8fa3a5", Accent: "#5fb5f0",
			Running: "#4fc1b8", Succeeded: "#a5bd1f", Failed: "#ff7b70", Warning: "#dba520", Info: "#85b6e6", Debug: "#96a9ab",
			Border:       "#587a83",
			SelectedText: "#fdf6e3", SelectedBack: "#0d566b", SelectedBlurBack: "#17434f",
			MatchText: "#002b36", MatchBack: "#d3a93b", MatchCurrentBack: "#ef8b57",
		}),
		New("north", true, Palette{
			Background: "#2e3440", Text: "#e5e9f0",
			Muted: "#c0c8d6", Faint: "#aab3c4", Accent: "#8fc7d8",
			Running: "#88c0d0", Succeeded: "#adcf97", Failed: "#f0949c", Warning: "#ebcb8b", Info: "#a4bfe0", Debug: "#b0b9c9",
			Border:       "#7c889e",
			SelectedText: "#ffffff", SelectedBack: "#4a658c", SelectedBlurBack: "#434c5e",
			MatchText: "#242933", MatchBack: "#ebcb8b", MatchCurrentBack: "#e09a80",
		}),
		New("harvest", true, Palette{
			Background: "#282828", Text: "#ebdbb2",
			Muted: "#bdae93", Faint: "#a89984", Accent: "#8fc2a4",
			Running: "#8ec07c", Succeeded: "#b8bb26", Failed: "#ff7c6b", Warning: "#fabd2f", Info: "#93b5a8", Debug: "#b0a18a",
			Border:       "#8b7d70",
			SelectedText: "#fbf1c7", SelectedBack: "#5a4a36", SelectedBlurBack: "#443e3a",
			MatchText: "#1d2021", MatchBack: "#fabd2f", MatchCurrentBack: "#fe8019",
		}),
		// Told apart without red and green: blue for good, orange for broken, yellow
		// for a warning, as many lightnesses as meanings.
		New("colorblind-dark", true, Palette{
			Background: "#14161a", Text: "#f2f2f2",
			Muted: "#b9bec8", Faint: "#9aa0ab", Accent: "#8ab8ff",
			Running: "#b8d8f2", Succeeded: "#4aa3e8", Failed: "#f0793a", Warning: "#f5e663", Info: "#a9c4f5", Debug: "#a3a9b3",
			Border:       "#6d7480",
			SelectedText: "#ffffff", SelectedBack: "#2c4f80", SelectedBlurBack: "#3a404a",
			MatchText: "#101114", MatchBack: "#f5e663", MatchCurrentBack: "#f29a5c",
		}),
		New("colorblind-light", false, Palette{
			Background: "#ffffff", Text: "#1a1a1a",
			Muted: "#4b4f57", Faint: "#62666e", Accent: "#0050b5",
			Running: "#3a74a6", Succeeded: "#0040b0", Failed: "#701a00", Warning: "#857000", Info: "#2a5c9a", Debug: "#5f636b",
			Border:       "#7f848d",
			SelectedText: "#0c1b33", SelectedBack: "#bcd8ff", SelectedBlurBack: "#e1e4ea",
			MatchText: "#1a1a1a", MatchBack: "#f7e36b", MatchCurrentBack: "#f5a66a",
		}),
	}
}
