using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Rlhf.Cli.Verbs;
using Rlhf.Definitions.Help;

namespace Rlhf.Cli.Parsing;

/// <summary><c>--help</c>; after the command line of a stage it shows the options of the stage's file.</summary>
internal sealed class StageHelp : SynchronousCommandLineAction
{
    private const int WidthOfFiles = 100, Narrowest = 40, Widest = 140;

    private readonly HelpAction _help = new();

    /// <summary>Whether it is shown where nothing was asked for: a mistyped name is then an error all the same.</summary>
    public bool ForMissingVerb { get; init; }

    public override bool ClearsParseErrors => !ForMissingVerb;

    /// <summary>Puts it in the place of the parser's own help.</summary>
    public static void Install(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new StageHelp();
    }

    public override int Invoke(ParseResult parse)
    {
        int code = _help.Invoke(parse);
        if (parse.CommandResult.Command is StageCommand stage)
        {
            var output = parse.InvocationConfiguration.Output;
            output.WriteLine($"Options of {stage.Name}, in the file or by --set KEY=VALUE; [default]:");
            output.Write(OptionsHelp.Text(stage.OptionsType, Width()));
        }
        return code;
    }

    private static int Width()
    {
        // A terminal that does not know its width says 0.
        int width = Console.IsOutputRedirected ? 0 : Console.WindowWidth;
        return width <= 0 ? WidthOfFiles : Math.Clamp(width, Narrowest, Widest);
    }
}
