namespace Rlhf.LabelingUi.Features.Projects.Pages;

/// <summary>What can be decided about a member.</summary>
public enum MemberChange
{
    Role,
    Pause,
    Exclude,
    Readmit,
}
