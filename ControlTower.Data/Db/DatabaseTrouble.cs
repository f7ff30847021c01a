using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace ControlTower.Data.Db;

/// <summary>How screens and doors tell that the database gave no answer, without knowing who talks to it.</summary>
public static class DatabaseTrouble
{
    /// <summary>
    /// True if the database could not be reached, did not answer in time or refused. A read may be asked again; of a write it is not certain whether it was done:
    /// look before it is repeated.
    /// </summary>
    public static bool Is(Exception error) => error is DbException or TimeoutException or DbUpdateException { InnerException: DbException or TimeoutException };
}
