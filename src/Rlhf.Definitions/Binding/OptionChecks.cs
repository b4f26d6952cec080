using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Rlhf.Definitions.Binding;

/// <summary>The DataAnnotations of an option in the wording of our messages.</summary>
internal static class OptionChecks
{
    /// <summary>What is wrong with a value ("must be between 0 and 1; got '7'"), or null.</summary>
    public static string? Complaint(OptionProperty option, object? value)
    {
        foreach (var check in option.Checks)
        {
            // A list is checked item by item, unless the check is on the list itself (its length).
            if (value is System.Collections.IEnumerable items and not string && check is RangeAttribute or RegularExpressionAttribute)
            {
                foreach (object? item in (System.Collections.IEnumerable)value!)
                {
                    if (!check.IsValid(item))
                        return $"{Expectation(check, option.Key)}; got '{DisplayText(item)}'";
                }
                continue;
            }
            if (!check.IsValid(value))
                return check is RequiredAttribute ? "must not be empty" : $"{Expectation(check, option.Key)}; got '{DisplayText(value)}'";
        }
        return null;
    }

    /// <summary>The limits of an option for its help text ("between 0 and 1"), or null.</summary>
    public static string? Limits(OptionProperty option)
    {
        string[] limits = [.. option.Checks.Where(c => c is not RequiredAttribute)
            .Select(c => c is RangeAttribute range ? Interval(range) : c is RegularExpressionAttribute pattern
                ? pattern.Pattern.Replace("|", " | ") : Expectation(c, option.Key).Replace("must be ", "", StringComparison.Ordinal))];
        return limits.Length == 0 ? null : string.Join(", ", limits);
    }

    private static string Expectation(ValidationAttribute check, string key) => check switch
    {
        RangeAttribute range => "must be " + Interval(range),
        RegularExpressionAttribute { ErrorMessage: null } pattern => $"must match {pattern.Pattern}",
        MinLengthAttribute length => $"must have at least {length.Length} items",
        MaxLengthAttribute length => $"must have at most {length.Length} items",
        _ => check.FormatErrorMessage(key).TrimEnd('.'),
    };

    private static string Interval(RangeAttribute range)
    {
        string low = DisplayText(range.Minimum), high = DisplayText(range.Maximum);
        bool openEnd = range.Maximum is int.MaxValue or double.MaxValue or double.PositiveInfinity;
        bool openStart = range.Minimum is int.MinValue or double.MinValue or double.NegativeInfinity;
        string from = range.MinimumIsExclusive ? $"more than {low}" : $"{low} or more";
        string to = range.MaximumIsExclusive ? $"less than {high}" : $"{high} or less";
        return (openStart, openEnd) switch
        {
            (false, true) => from,
            (true, false) => to,
            _ when range.MinimumIsExclusive || range.MaximumIsExclusive => $"{from} and {to}",
            _ => $"between {low} and {high}",
        };
    }

    public static string DisplayText(object? value) => value switch
    {
        null => "nothing",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        System.Collections.ICollection list => $"{list.Count} items",
        _ => OneLine.Quote(value.ToString() ?? ""),
    };
}
