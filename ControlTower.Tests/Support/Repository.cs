namespace ControlTower.Tests.Support;

/// <summary>Where the sources are, seen from the running tests.</summary>
public static class Repository
{
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("The tests run outside the repository.")
        : File.Exists(Path.Combine(folder.FullName, "ControlTower.sln")) ? folder.FullName
        : Find(folder.Parent);
}
