using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Rlhf.Core.Options;

/// <summary>A number in a range, or 0 with a special meaning such as "off".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ZeroOrRangeAttribute(double minimum, double maximum) : ValidationAttribute
{
    public double Minimum => minimum;

    public double Maximum => maximum;

    public override bool IsValid(object? value) => value is double number && (number == 0 || (number >= minimum && number <= maximum));

    public override string FormatErrorMessage(string name) =>
        string.Create(CultureInfo.InvariantCulture, $"must be 0 or between {minimum} and {maximum}");
}
