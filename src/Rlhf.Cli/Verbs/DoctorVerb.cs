using System.CommandLine;
using Rlhf.Cli.Doctor;
using Rlhf.Storage;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf doctor</c>: whether everything that the program needs is there. It only looks, and makes nothing.</summary>
internal static class DoctorVerb
{
    public static Command Create()
    {
        var home = new Option<string?>("--home")
        {
            Description = "The home folder; without it RLHF_HOME, else .rlhf in the current folder.",
            HelpName = "DIR",
        };
        var bus = new Option<string?>("--bus")
        {
            Description = "A broker, as in rabbitmq://guest:guest@localhost:5672/; without it the bus is in memory.",
            HelpName = "URL",
        };
        var command = new Command("doctor", "Checks that everything needed is present: torch, devices, memory, home folder, database, bus.")
        {
            home, bus,
        };
        command.SetAction(async (parse, cancellation) =>
        {
            Home folder = Home.Resolve(parse.GetValue(home));
            BusCheck broker = BusCheck.Parse(parse.GetValue(bus));
            List<CheckResult> findings = [.. ComputeChecks.Run(), .. HomeChecks.Run(folder), await broker.RunAsync(cancellation)];
            foreach (CheckResult finding in findings)
                Console.Out.WriteLine(
                    $"{finding.Subject,-10}{finding.Verdict.ToString().ToLowerInvariant(),-6}{finding.Text.ReplaceLineEndings(" ")}");
            return findings.Exists(f => f.Verdict == Verdict.Bad) ? CommandLine.BadInput : CommandLine.Success;
        });
        return command;
    }
}
