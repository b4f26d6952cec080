using System.CommandLine;
using System.CommandLine.Invocation;
using Rlhf.Cli.Output;
using Rlhf.Cli.Parsing;
using Rlhf.Core;

namespace Rlhf.Cli;

/// <summary>
/// Runs the verbs and turns what goes wrong into exit codes: 2 for wrong usage and bad input (one line that says what would be
/// right), 1 for other failures (RLHF_DEBUG=1 shows the details), 130 after Ctrl+C, 143 after SIGTERM.
/// </summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int BadInput = 2;

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        StandardStreams.Install();
        StageHelp.Install(root);
        ShowHelpWithoutVerb(root);
        try
        {
            // A prompt may begin with "@": that is text, not the name of a file with more arguments.
            ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            return parse.Action is ParseErrorAction ? Fail(BadInput, UsageErrors.Describe(parse)) : await InvokeAsync(parse);
        }
        catch (Exception e) when (Find<UserError>(e) is { } error)
        {
            return Fail(BadInput, error.Message);
        }
        catch (Exception e) when (Find<OutputFailedException>(e) is { } error)
        {
            return Fail(Failed, error.Message);
        }
        catch (ReaderGoneException e)
        {
            return Fail(Success, e.Message);
        }
        catch (RunFailedException e)
        {
            return Fail(Failed, e.Message);
        }
#pragma warning disable CA1031 // The last resort: users never see a stack trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (Environment.GetEnvironmentVariable("RLHF_DEBUG") == "1")
                Console.Error.WriteLine(e);
            // What the system refuses (a full disk, a missing right) names its file itself.
            return Fail(Failed, e is IOException or UnauthorizedAccessException
                ? $"{e.Message} (RLHF_DEBUG=1 shows more)"
                : $"unexpected {e.GetType().Name}: {e.Message} (RLHF_DEBUG=1 shows more)");
        }
    }

    private static async Task<int> InvokeAsync(ParseResult parse)
    {
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        // Verbs that compute in one call (sample, score …) have nothing to put in order: a signal ends them as it ends any program.
        if (parse.Action is not AsynchronousCommandLineAction)
            return parse.Invoke(configuration);
        using var signals = new Signals();
        try
        {
            return await parse.InvokeAsync(configuration, signals.Token);
        }
        catch (OperationCanceledException)
        {
            return Fail(signals.ExitCode, "interrupted");
        }
    }

    /// <summary>A command that needs a subcommand and has none shows its help.</summary>
    private static void ShowHelpWithoutVerb(Command command)
    {
        if (command.Action is null && command.Subcommands.Count > 0)
            command.Action = new StageHelp { ForMissingVerb = true };
        foreach (var child in command.Subcommands)
            ShowHelpWithoutVerb(child);
    }

    private static int Fail(int code, string message)
    {
        Console.Error.WriteLine($"rlhf: {message.ReplaceLineEndings(" ")}");
        return code;
    }

    private static T? Find<T>(Exception? e) where T : Exception => e switch
    {
        null => null,
        T found => found,
        AggregateException { InnerExceptions: [var only] } => Find<T>(only),
        System.Reflection.TargetInvocationException or TypeInitializationException => Find<T>(e.InnerException),
        _ => null,
    };
}
