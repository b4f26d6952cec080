using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Localization;
using Rlhf.Core;

namespace Rlhf.LabelingUi.Shell.Texts;

/// <summary>
/// What pages say of bad input and of statistics without a value. The key of a text is the English one that the rules give, with places
/// for its values. One that has no translation is shown as it is.
/// </summary>
public sealed class ErrorTexts;

/// <summary>Finds the texts of <see cref="ErrorTexts"/>.</summary>
public static partial class ErrorTextsExtensions
{
    /// <summary>What a page says of bad input.</summary>
    public static string Of(this IStringLocalizer<ErrorTexts> texts, UserError error) =>
        texts[error.Template] is { ResourceNotFound: false } found ? Fill(texts, found, error.Values) : error.Message;

    /// <summary>Why a statistic has no value, or no interval: one reason, or several with what they name after a colon.</summary>
    public static string? Reason(this IStringLocalizer<ErrorTexts> texts, string? reason) => reason is null
        ? null
        : string.Join("; ", reason.Split("; ").Select(part => texts[part] is { ResourceNotFound: false } whole ? whole.Value
            : part.IndexOf(": ", StringComparison.Ordinal) is var colon and > 0
                && texts[part[..colon] + ": {0}"] is { ResourceNotFound: false } named ? Fill(texts, named, [part[(colon + 2)..]])
            : part));

    private static string Fill(IStringLocalizer<ErrorTexts> texts, string format, IReadOnlyList<object?> values)
    {
        object?[] said = [.. values.Select(value => value is string word ? Word(texts, word) : value)];
        return said.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, said);
    }

    /// <summary>A value may be a word of ours: what is meant by a field, a completion, a question.</summary>
    private static string Word(IStringLocalizer<ErrorTexts> texts, string word)
    {
        if (texts[word] is { ResourceNotFound: false } known)
            return known;
        if (Completion().Match(word) is { Success: true } completion)
            return string.Format(CultureInfo.InvariantCulture, texts["completion {0}"], Letter(completion.Groups[1].ValueSpan));
        return Question().Match(word) is { Success: true } question
            ? string.Format(CultureInfo.InvariantCulture, texts["answers: '{0}'"], question.Groups[1].Value)
            : word;
    }

    /// <summary>The rules count completions from 0; pages name them by letters.</summary>
    private static string Letter(ReadOnlySpan<char> index) =>
        Features.Projects.Reviewing.AnswerText.Letter(int.Parse(index, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^completion (\d{1,4})$")]
    private static partial Regex Completion();

    [GeneratedRegex("^answers: '(.*)'$")]
    private static partial Regex Question();
}
