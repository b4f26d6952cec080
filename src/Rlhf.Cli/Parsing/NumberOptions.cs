using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Rlhf.Core.Options;

namespace Rlhf.Cli.Parsing;

/// <summary>
/// Options that hold a number. The parser's own conversion takes a comma for a separator of thousands, so that 0,7 would be 7:
/// here a number is digits with a point, in every language.
/// </summary>
internal static class NumberOptions
{
    private const NumberStyles Signed = NumberStyles.AllowLeadingSign;
    private const NumberStyles RealNumber = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static Option<double> Real(string name, string description, double fallback) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => fallback,
        CustomParser = argument => Parse<double>(argument, RealNumber, "a number, with a point where it has decimals (0.7)"),
    };

    public static Option<int> Integer(string name, string description, int fallback, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = argument => Parse<int>(argument, Signed, "an integer"),
    };

    public static Option<ulong> Seed(string description) => new("--seed")
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = argument => Parse<ulong>(argument, Signed, $"0 or a positive integer, at most {ulong.MaxValue}"),
    };

    /// <summary>The number format to compute in, by the names that pipeline files use.</summary>
    public static Option<Dtype> Dtype() => new("--dtype")
    {
        Description = "Number format: auto (bf16 on CUDA, fp32 on the CPU), fp32, bf16 or fp16. [default: auto]",
        HelpName = "auto|fp32|bf16|fp16",
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            string[] names = Enum.GetNames<Dtype>();
            if (Array.Find(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known)
                return Enum.Parse<Dtype>(known);
            argument.AddError($"--dtype must be auto, fp32, bf16 or fp16; got '{JsonLine.Escaped(text)}'.");
            return default;
        },
    };

    private static T Parse<T>(ArgumentResult argument, NumberStyles style, string expected) where T : struct, INumber<T>
    {
        string text = argument.Tokens[0].Value;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && T.IsFinite(number))
            return number;
        string option = (argument.Parent as OptionResult)?.Option.Name ?? argument.Argument.Name;
        argument.AddError($"{option} must be {expected}; got '{JsonLine.Escaped(text)}'.");
        return default;
    }
}
