using System.Text;
using System.Text.RegularExpressions;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>Finds texts that stand in a .razor file itself: what is left of its markup without tags and expressions.</summary>
internal static partial class RazorTexts
{
    private static readonly string[] ReadOut = ["aria-label", "title", "placeholder", "alt", "label", "data-label", "Label", "Hint"];

    /// <summary>Texts between tags and in attributes that people read, trimmed; those of code blocks are <see cref="OfCode"/>.</summary>
    public static IReadOnlyList<string> Of(string razor)
    {
        string markup = Directive().Replace(Code().Split(Comment().Replace(razor, ""), 2)[0], "");
        var texts = new List<string>();
        var between = new StringBuilder();
        for (int i = 0; i < markup.Length;)
        {
            if (markup[i] == '@')
            {
                i = EndOfExpression(markup, i);
                between.Append(' ');
            }
            else if (Tag().Match(markup, i) is { Success: true } tag)
            {
                i = ReadTag(markup, i + tag.Length, texts);
                between.Append('\n');
            }
            else
            {
                between.Append(markup[i++]);
            }
        }
        texts.AddRange(between.ToString().Split('\n').Select(line => line.Trim()).Where(line => !IsStatement(line)));
        return [.. texts.Where(HasWord)];
    }

    /// <summary>Literals of several words in the code block: sentences, or parts of one.</summary>
    public static IReadOnlyList<string> OfCode(string razor) => Code().Split(razor, 2) is [_, var code]
        ? [.. Literal().Matches(LineComment().Replace(code, "")).Select(match => match.Groups[1].Value)
            .Where(text => SeveralWords().IsMatch(Hole().Replace(text, "")))]
        : [];

    /// <summary>After the name of a tag; returns the place after its end.</summary>
    private static int ReadTag(string markup, int i, List<string> texts)
    {
        while (markup[i] != '>')
        {
            if (markup[i] == '@')
            {
                i = EndOfExpression(markup, i);
            }
            else if (markup[i] == '"')
            {
                string name = AttributeName().Match(markup[..i]).Groups[1].Value;
                var value = new StringBuilder();
                for (i++; markup[i] != '"';)
                {
                    if (markup[i] == '@')
                        i = EndOfExpression(markup, i);
                    else
                        value.Append(markup[i++]);
                }
                i++;
                if (ReadOut.Contains(name))
                    texts.Add(value.ToString().Trim());
            }
            else
            {
                i++;
            }
        }
        return i + 1;
    }

    private static int EndOfExpression(string markup, int at)
    {
        int i = at + 1;
        if (markup[i] is '(' or '{')
            return EndOfBrackets(markup, i);
        if (Statement().Match(markup, i) is { Success: true } statement)
            return EndOfBrackets(markup, i + statement.Length);
        i += Name().Match(markup, i).Length;
        while (i < markup.Length)
        {
            if (markup[i] is '(' or '[')
                i = EndOfBrackets(markup, i);
            else if (Member().Match(markup, i) is { Success: true } member)
                i += member.Length;
            else
                break;
        }
        return i;
    }

    private static int EndOfBrackets(string markup, int i)
    {
        int depth = 0;
        for (; i < markup.Length; i++)
        {
            if (markup[i] == '"')
            {
                while (markup[++i] != '"')
                    i += markup[i] == '\\' ? 1 : 0;
            }
            depth += "([{".Contains(markup[i]) ? 1 : ")]}".Contains(markup[i]) ? -1 : 0;
            if (depth == 0)
                return i + 1;
        }
        return i;
    }

    private static bool IsStatement(string line) => line.EndsWith(';') || Keyword().IsMatch(line);

    private static bool HasWord(string text) => Word().IsMatch(text);

    [GeneratedRegex(@"@\*.*?\*@", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^@code\b", RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^@(page|attribute|inject|using|layout|inherits|implements|typeparam)\b.*$", RegexOptions.Multiline)]
    private static partial Regex Directive();

    [GeneratedRegex(@"\G</?[A-Za-z!][\w!.]*")]
    private static partial Regex Tag();

    [GeneratedRegex(@"([\w-]+)=$")]
    private static partial Regex AttributeName();

    [GeneratedRegex(@"\G(if|foreach|for|switch|while)\s*(?=\()")]
    private static partial Regex Statement();

    [GeneratedRegex(@"\G\w+")]
    private static partial Regex Name();

    [GeneratedRegex(@"\G(\?\.|!\.|\.)[A-Za-z_]\w*")]
    private static partial Regex Member();

    [GeneratedRegex(@"^(else|if|foreach|for|switch|case|default|break|var|string|int|bool)\b")]
    private static partial Regex Keyword();

    [GeneratedRegex(@"\p{L}{2}")]
    private static partial Regex Word();

    [GeneratedRegex(@"//.*")]
    private static partial Regex LineComment();

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"\p{L}{2,} \p{L}{2,}")]
    private static partial Regex SeveralWords();
}
