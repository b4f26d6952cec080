using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.Storage.Entities;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>Each kind of question, answered with keys, and what is stored of it.</summary>
public sealed class QuestionKindTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Ratings_go_from_response_to_response_and_then_to_the_order()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Completions = 2,
            Questions =
            [
                new("helpfulness", QuestionKind.Rating, "Helpfulness") { Scale = new RatingScale(0, 4), Required = true },
                new("verbosity", QuestionKind.Rating, "Verbosity") { Scale = new RatingScale(0, 4), Required = true },
                new("preference", QuestionKind.Pairwise, "Which is better?", Ties: true, MaxStrength: 3),
            ],
        });
        await session.TaskAsync();
        await session.PressAsync("4", "2", "0", "1", "6");
        await session.SubmitAsync();
        var stored = Assert.Single(await session.StoredAsync(1));
        var order = stored.OrderShown!;
        Assert.Equal([4, 0], order.Select(i => stored.Answers["helpfulness"].Ratings![i]));
        Assert.Equal([2, 1], order.Select(i => stored.Answers["verbosity"].Ratings![i]));
        // −3 −2 −1 0 1 2 3: the sixth step.
        Assert.Equal(2, stored.Answers["preference"].Strength);
        Assert.Equal([order[1], order[0]], stored.Answers["preference"].Ranking!.Select(group => group[0]));
    }

    [Theory]
    [InlineData(3, true, "4", 0, 1)]
    [InlineData(4, false, "1", 4, 2)]
    [InlineData(4, false, "8", 4, 2)]
    [InlineData(0, true, "=", null, 1)]
    [InlineData(0, false, "2", null, 2)]
    public async Task A_scale_of_the_projects_own_is_chosen_with_one_key(double most, bool ties, string key, int? strength, int groups)
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Completions = 2,
            Questions = [new("preference", QuestionKind.Pairwise, "Which is better?", ties, most)],
        });
        await session.TaskAsync();
        await session.PressAsync(key);
        await session.SubmitAsync();
        var answer = Assert.Single(await session.StoredAsync(1)).Answers["preference"];
        Assert.Equal(groups, answer.Ranking!.Count);
        Assert.Equal(strength ?? 0, answer.Strength ?? 0);
    }

    [Fact]
    public async Task Two_orders_labels_texts_a_rewrite_and_marks_are_stored_each_under_its_question()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Completions = 3,
            Questions =
            [
                new("helpful", QuestionKind.Ranking, "Which is more helpful?"),
                new("harmless", QuestionKind.Ranking, "Which is less harmful?", Ties: false),
                new("flags", QuestionKind.Labels, "Flags")
                {
                    PerCompletion = true, Multiple = true, Choices = [new("spam", "Spam"), new("unsafe", "Unsafe")],
                },
                new("topic", QuestionKind.Labels, "Topic") { Choices = [new("code", "Code"), new("other", "Other")] },
                new("why", QuestionKind.Text, "Why?"),
                new("better", QuestionKind.Rewrite, "Write a better one"),
                new("words", QuestionKind.Marks, "Mark words") { Choices = [new("wrong", "Wrong")], ReasonRequired = true },
            ],
        });
        var page = session.Page;
        await session.TaskAsync();
        string a = await session.DigitOfAsync("a"), b = await session.DigitOfAsync("b"), c = await session.DigitOfAsync("c");
        await session.PressAsync(b, a);
        // Enter goes to the second order, which is missing.
        await session.PressAsync("Enter");
        await Expect(page.Locator(".order-row.is-active")).ToContainTextAsync("Which is less harmful?");
        await session.PressAsync(c, a);
        await session.Cards.Nth(int.Parse(a) - 1).GetByRole(AriaRole.Button, new() { Name = "Unsafe" }).ClickAsync();
        await page.Locator("#fields").GetByRole(AriaRole.Button, new() { Name = "Code" }).ClickAsync();
        await page.Locator("#fields").GetByRole(AriaRole.Textbox, new() { Name = "Why?" }).FillAsync("because");
        await page.Locator(".field-rewrite").GetByRole(AriaRole.Button, new() { Name = $"Response {b}" }).ClickAsync();
        await page.Keyboard.PressAsync("End");
        await page.Keyboard.TypeAsync(", but better");
        await session.PressAsync("Escape");
        // Marks, with keys: the first word of c.
        await session.Cards.Nth(int.Parse(c) - 1).FocusAsync();
        await session.PressAsync("m", "Shift+ArrowRight", "-");
        await page.Locator(".mark-list select").SelectOptionAsync("wrong");
        await session.PressAsync("Control+Enter");
        var stored = Assert.Single(await session.StoredAsync(1));
        Assert.Equal("b > a > c", LabelingSession.Order(stored.Answers["helpful"]));
        Assert.Equal("c > a > b", LabelingSession.Order(stored.Answers["harmless"]));
        Assert.Equal(["unsafe"], stored.Answers["flags"].CompletionFlags![0]);
        Assert.Equal(["code"], stored.Answers["topic"].Flags);
        Assert.Equal("because", stored.Answers["why"].Rationale);
        Assert.Equal(("b 0, but better", 1), (stored.Answers["better"].Rewrite, stored.Answers["better"].RewriteOf));
        Assert.Equal(new Mark(2, 0, 3, Liked: false, "wrong"), Assert.Single(stored.Answers["words"].Marks!));
        Assert.Empty(session.Browser.Complaints);
    }

    [Fact]
    public async Task What_is_pasted_into_a_text_is_noted()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject
        {
            Questions = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?")],
        });
        await session.TaskAsync();
        await session.PressAsync("0");
        var box = session.Page.GetByRole(AriaRole.Textbox, new() { Name = "Why?" });
        await box.FillAsync("copied");
        await box.PressAsync("Control+a");
        await box.PressAsync("Control+x");
        await box.PressAsync("Control+v");
        await session.PressAsync("Control+Enter");
        var answer = Assert.Single(await session.StoredAsync(1)).Answers["why"];
        Assert.Equal(("copied", true), (answer.Rationale, answer.Pasted));
    }

    [Fact]
    public async Task An_untouched_task_is_no_answer_and_an_order_in_part_is_confirmed()
    {
        await using var session = await LabelingSession.OpenAsync(chromium, new SampleProject());
        string first = await session.TaskAsync();
        await session.PressAsync("Enter");
        await Expect(session.Page.Locator(".field-error:not(:empty)")).ToContainTextAsync("at least one response");
        // Two of four: the first Enter says so, the second submits.
        await session.PressAsync(await session.DigitOfAsync("d"), await session.DigitOfAsync("b"), "Enter");
        await Expect(session.Page.Locator(".field-error:not(:empty)")).ToContainTextAsync("Press Enter again");
        await Expect(session.Prompt).ToHaveTextAsync(first);
        await session.SubmitAsync();
        Assert.Equal("d > b", LabelingSession.Order(Assert.Single(await session.StoredAsync(1)).Answers["ranking"]));
    }
}
