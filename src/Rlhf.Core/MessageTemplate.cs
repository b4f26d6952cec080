using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Rlhf.Core;

/// <summary>
/// A message with the places of its values: <c>$"overlap must be 1 or more; got {overlap}"</c> is "overlap must be 1 or more; got {0}"
/// and a value, so that pages can say it in another language. The compiler makes one of any interpolated string that a
/// <see cref="UserError"/> is given.
/// </summary>
[InterpolatedStringHandler]
public sealed class MessageTemplate
{
    private readonly StringBuilder _format;
    private readonly List<object?> _values;

    public MessageTemplate(int literalLength, int formattedCount)
    {
        const int place = 3;
        _format = new StringBuilder(literalLength + (place * formattedCount));
        _values = new List<object?>(formattedCount);
    }

    /// <summary>The message as a format of <see cref="string.Format(IFormatProvider, string, object[])"/>.</summary>
    public string Format => _format.ToString();

    /// <summary>Its values in order.</summary>
    public IReadOnlyList<object?> Values => _values;

    public void AppendLiteral(string value) =>
        _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

    public void AppendFormatted<T>(T value) => AppendFormatted(value, alignment: 0, format: null);

    public void AppendFormatted<T>(T value, string? format) => AppendFormatted(value, alignment: 0, format);

    public void AppendFormatted<T>(T value, int alignment) => AppendFormatted(value, alignment, format: null);

    public void AppendFormatted<T>(T value, int alignment, string? format)
    {
        _format.Append('{').Append(_values.Count);
        if (alignment != 0)
            _format.Append(',').Append(alignment.ToString(CultureInfo.InvariantCulture));
        if (format is not null)
            _format.Append(':').Append(format);
        _format.Append('}');
        _values.Add(value);
    }

    public void AppendFormatted(ReadOnlySpan<char> value) => AppendFormatted(value.ToString());

    /// <summary>The message itself.</summary>
    public override string ToString() => string.Format(CultureInfo.InvariantCulture, Format, [.. _values]);
}
