using System.CommandLine;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Storage;

namespace Rlhf.Cli.Verbs;

/// <summary>Options that the verbs of pipelines share.</summary>
internal static class PipelineOptions
{
    public static Option<string?> Home() => new("--home")
    {
        Description = "The home folder; by default RLHF_HOME, else .rlhf in the current folder.",
        HelpName = "DIR",
    };

    public static Option<string?> Bus(bool required = false) => new("--bus")
    {
        Description = required
            ? "The broker to take runs from: rabbitmq://user:password@host:port/vhost. Default: RLHF_BUS."
            : "A broker, rabbitmq://user:password@host:port/vhost: runs are then executed by `rlhf worker` processes. Default: RLHF_BUS; "
            + "without either everything is done in this process and its children.",
        HelpName = "ADDRESS",
        Required = required && FromEnvironment is null,
    };

    /// <summary>For containers: a password on a command line can be read by every process of the machine.</summary>
    private static string? FromEnvironment => Environment.GetEnvironmentVariable("RLHF_BUS") is { Length: > 0 } address ? address : null;

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides an option of the file, such as --set seed=2 or --set ppo.updates=10; may be given several times.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Option<bool> Json() => new("--json")
    {
        Description = "The last line on standard output is one JSON object with the result; progress goes to standard error.",
    };

    public static Home OpenHome(this ParseResult parse, Option<string?> home) => Storage.Home.Open(parse.GetValue(home));

    public static BusAddress? Address(this ParseResult parse, Option<string?> bus) =>
        (parse.GetValue(bus) ?? FromEnvironment) is { } text ? BusAddress.Parse(text) : null;
}
