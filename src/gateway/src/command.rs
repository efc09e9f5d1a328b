//! What the program does beside serving: one file a command.

pub mod agent;
pub mod broker;
pub mod prepare;
pub mod submit;
pub mod wall;
pub mod work;
