using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using Rlhf.Cli.Output;
using Rlhf.Core;
using Rlhf.Core.Options;

namespace Rlhf.Cli;

/// <summary>
/// Runs the verbs and turns what goes wrong into exit codes: 2 for wrong usage and bad input (one line that says what would be
/// right), 1 for a defect of ours (RLHF_DEBUG=1 shows its details), 130 when interrupted.
/// </summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Defect = 1;
    public const int BadInput = 2;
    public const int Interrupted = 130;

    private static readonly (Type Type, string Name)[] TypeNames =
    [
        (typeof(int), "a whole number"),
        (typeof(ulong), "a whole number from 0 on"),
        (typeof(double), "a number"),
        (typeof(bool), "true or false"),
        (typeof(Dtype), "a number format"),
    ];

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        // Other programs read what we print: UTF-8 without a byte order mark and line feeds, on every platform.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.Out.NewLine = "\n";
        Console.Error.NewLine = "\n";

        // A prompt may begin with "@": that is text, not the name of a file with more arguments.
        ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Action is ParseErrorAction)
        {
            string verb = parse.CommandResult.Command is RootCommand ? "rlhf" : $"rlhf {parse.CommandResult.Command.Name}";
            return Fail(BadInput, $"{string.Join(" ", parse.Errors.Select(e => Readable(e.Message)))} See {verb} --help.");
        }
        try
        {
            return await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (Find<UserError>(e) is { } error)
        {
            return Fail(BadInput, error.Message);
        }
        catch (RunFailedException e)
        {
            return Fail(Defect, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Fail(Interrupted, "interrupted");
        }
#pragma warning disable CA1031 // The last resort: whatever it is, a stack trace is no answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (Environment.GetEnvironmentVariable("RLHF_DEBUG") == "1")
                Console.Error.WriteLine(e);
            return Fail(Defect, $"unexpected {e.GetType().Name}: {e.Message} (RLHF_DEBUG=1 shows more)");
        }
    }

    /// <summary>The parser's message without the names of .NET's types.</summary>
    private static string Readable(string message)
    {
        foreach (var (type, name) in TypeNames)
            message = message.Replace($"as expected type '{type.FullName}'", $"as {name}", StringComparison.Ordinal);
        return message;
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
