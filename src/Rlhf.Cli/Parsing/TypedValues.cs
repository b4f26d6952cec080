using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Rlhf.Definitions;

namespace Rlhf.Cli.Parsing;

/// <summary>
/// Reads arguments that are not texts. The parser's own conversion takes a comma for a separator of thousands, so that 0,7 would be
/// 7, numbers for the names of a choice, and its complaints name .NET types.
/// </summary>
internal static class TypedValues
{
    /// <summary>A number; <paramref name="expected"/> follows "must be".</summary>
    public static T Number<T>(ArgumentResult argument, NumberStyles style, string expected, Predicate<T>? fits = null)
        where T : struct, INumber<T> =>
        T.TryParse(Text(argument), style, CultureInfo.InvariantCulture, out var number) && T.IsFinite(number)
            && (fits is null || fits(number))
            ? number : Refuse<T>(argument, $"must be {expected}");

    /// <summary>A choice by its name, in whatever case; the names are those of <see cref="Names{T}"/>.</summary>
    public static T Choice<T>(ArgumentResult argument) where T : struct, Enum
    {
        string text = Text(argument);
        string[] names = [.. Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName)];
        int index = Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? Enum.Parse<T>(names[index], ignoreCase: true)
            : Refuse<T>(argument, $"must be {Names<T>()}", NearestName.Suggest(text, names));
    }

    /// <summary>"auto|fp32|bf16|fp16", for help and complaints.</summary>
    public static string Names<T>() where T : struct, Enum =>
        string.Join("|", Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName));

    /// <summary>The id of a row.</summary>
    public static Guid Id(ArgumentResult argument) => Guid.TryParse(Text(argument), out var id)
        ? id : Refuse<Guid>(argument, "must be an id such as 019b0c5e-7f3a-7c1d-8e2b-1f2a3b4c5d6e");

    private static string Text(ArgumentResult argument) => argument.Tokens[0].Value;

    private static T Refuse<T>(ArgumentResult argument, string complaint, string end = ".") where T : struct
    {
        string name = (argument.Parent as OptionResult)?.Option.Name ?? argument.Argument.Name;
        argument.AddError($"{name} {complaint}; got '{JsonLine.Escaped(Text(argument))}'{end}");
        return default;
    }
}
