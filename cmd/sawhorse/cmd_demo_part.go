package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/cmd/sawhorse/internal/demo"
)

// cmdDemoPart is one program of the example workspace.
func (a *app) cmdDemoPart() *cobra.Command {
	return &cobra.Command{
		Use: "demo-part NAME", Hidden: true, Args: cobra.MinimumNArgs(1), Short: "A program of the example workspace",
		RunE: func(cmd *cobra.Command, args []string) error {
			code, err := demo.Run(cmd.Context(), args[0], demo.Part{Out: a.out, Getenv: os.Getenv, Args: args[1:]})
			if err != nil {
				fmt.Fprintln(a.err, err)
				return silent(max(code, exitFailure))
			}
			if code != 0 {
				return silent(code)
			}
			return nil
		},
	}
}
