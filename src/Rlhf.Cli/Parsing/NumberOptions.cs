using System.CommandLine;
using System.Globalization;
using Rlhf.Core.Options;

namespace Rlhf.Cli.Parsing;

/// <summary>Options that hold a number: digits with a point, in every language.</summary>
internal static class NumberOptions
{
    private const NumberStyles Signed = NumberStyles.AllowLeadingSign;
    private const NumberStyles RealNumber = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static Option<double> Real(string name, string description, double fallback) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => fallback,
        CustomParser = argument => TypedValues.Number<double>(argument, RealNumber, "a number, with a point where it has decimals (0.7)"),
    };

    public static Option<int> Integer(string name, string description, int fallback, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = argument => TypedValues.Number<int>(argument, Signed, "an integer"),
    };

    public static Option<ulong> Seed(string description) => new("--seed")
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = argument => TypedValues.Number<ulong>(argument, Signed, $"0 or a positive integer, at most {ulong.MaxValue}"),
    };

    /// <summary>A whole number that may be left out.</summary>
    public static Option<int?> Optional(string name, string description, int least) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = argument => TypedValues.Number<int>(
            argument, Signed, string.Create(CultureInfo.InvariantCulture, $"a whole number of {least} or more"), n => n >= least),
    };

    /// <summary>The number format to compute in, by the names that pipeline files use.</summary>
    public static Option<Dtype> Dtype() => new("--dtype")
    {
        Description = "Number format: auto (bf16 on CUDA, fp32 on the CPU), fp32, bf16 or fp16. [default: auto]",
        HelpName = TypedValues.Names<Dtype>(),
        CustomParser = TypedValues.Choice<Dtype>,
    };
}
