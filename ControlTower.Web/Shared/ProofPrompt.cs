namespace ControlTower.Web.Shared;

/// <summary>Asks the person at an open page to show anew that it is them, over whatever they are doing: one question at a time, for all who wait for it.</summary>
public sealed class ProofPrompt
{
    private TaskCompletionSource<bool>? asked;

    /// <summary>The question came up or went away.</summary>
    public event Action? Changed;

    public bool IsOpen => asked is not null;

    /// <summary>True when they did; false when they would not, or where nothing could ask them.</summary>
    public Task<bool> AskAsync()
    {
        if (Changed is not { } changed)
            return Task.FromResult(false);
        asked ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = asked.Task;
        changed();
        return answer;
    }

    public void Answer(bool proven)
    {
        var was = asked;
        asked = null;
        was?.TrySetResult(proven);
        Changed?.Invoke();
    }
}
